"""The held-out families: which campaign and which crowd each kind is, and their planting."""

from __future__ import annotations

import numpy as np

from builders.simulation import campaigns, circles, contact_campaigns, crowds
from builders.simulation.campaigns import Campaign
from builders.simulation.crowds import Crowd
from builders.simulation.planting import Bed
from builders.simulation.spec import CAMPAIGNS, CROWDS


def plant_campaigns(bed: Bed) -> None:
    """Plant every held-out ring of the spec, each of a level and with a seed of its own."""
    for place, kind in enumerate(CAMPAIGNS):
        for number in range(bed.spec.campaigns_of_kind(kind)):
            rng = np.random.default_rng([bed.spec.seed, 11, place, number])
            CAMPAIGN_PLANTERS[kind](bed, rng, f"held-out-{kind}-{number + 1}", None)


def plant_crowds(bed: Bed) -> None:
    """Plant every held-out look-alike of the spec. Rings are planted before."""
    for place, kind in enumerate(CROWDS):
        for number in range(bed.spec.crowds_of_kind(kind)):
            rng = np.random.default_rng([bed.spec.seed, 12, place, number])
            CROWD_PLANTERS[kind](bed, rng, f"held-out-{kind}-{number + 1}")


CAMPAIGN_PLANTERS: dict[str, Campaign] = {
    "order-book": campaigns.order_book,
    "link-spam": campaigns.link_spam,
    "like-farm": campaigns.like_farm,
    "slow-drip": campaigns.slow_drip,
    "copied-comments": contact_campaigns.copied_comments,
    "follow-ring": contact_campaigns.follow_ring,
    "mutual-boost": contact_campaigns.boost_pod,
    "hijack-burst": campaigns.hijack_burst,
    "rotating-teams": campaigns.rotating_teams,
    "turnover": campaigns.turnover,
    "many-kinds": campaigns.many_kinds,
    "device-farm": contact_campaigns.device_farm,
}


CROWD_PLANTERS: dict[str, Crowd] = {
    "fan-club": crowds.fan_club,
    "fast-fan-club": crowds.fast_fan_club,
    "flash-crowd": crowds.flash_crowd,
    "push-crowd": crowds.push_crowd,
    "live-show": crowds.live_show,
    "match": crowds.match,
    "petition": crowds.petition,
    "hashtag-day": crowds.hashtag_day,
    "newsletter": crowds.newsletter,
    "schedulers": crowds.schedulers,
    "niche-power-users": crowds.niche_power_users,
    "office": circles.office,
    "siblings": circles.siblings,
    "volunteers": circles.volunteers,
}
