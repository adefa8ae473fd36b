"""Held-out rings and look-alikes: all there, as described, and no louder than others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from builders.simulation.mixes import CAMPAIGN_LEVELS
from builders.simulation.organic import draw_block
from builders.simulation.rows import FOLLOW, LIKE, LOGIN, NONE, SHARE, Rows, joined
from builders.simulation.spec import CAMPAIGNS, CROWDS, LOOK_ALIKES, RING_KINDS, SimulationSpec
from builders.simulation.tables import block_tables
from builders.simulation.world import World, make_world
from graph.errors import ConfigError

HOUR, DAY = 3_600_000, 86_400_000
SPEC = SimulationSpec(interactions=300_000, days=14, seed=31, families="held-out")


class Platform:
    """A world, its rows, and who is in which group."""

    def __init__(self, spec: SimulationSpec) -> None:
        self.world: World = make_world(spec)
        self.rows: Rows = joined([draw_block(self.world, b) for b in self.world.blocks])
        number = {name: at for at, name in enumerate(self.world.population.ids.to_pylist())}
        self.rings = self._groups(self.world.rings, "ring", number)
        self.crowds = self._groups(self.world.lookalikes, "group", number)

    @staticmethod
    def _groups(table, group, number) -> dict[str, np.ndarray]:
        found: dict[str, list[int]] = {}
        for row in table.to_pylist():
            found.setdefault(row[group], []).append(number[row["account"]])
        return {name: np.array(sorted(accounts)) for name, accounts in found.items()}

    def ring(self, kind: str) -> np.ndarray:
        return self.rings[f"held-out-{kind}-1"]

    def crowd(self, kind: str) -> np.ndarray:
        return self.crowds[f"held-out-{kind}-1"]

    def acts(self, accounts: np.ndarray, *actions: int) -> Rows:
        """The rows of some accounts, of some actions if any are named."""
        mine = np.isin(self.rows.account, accounts)
        if actions:
            mine &= np.isin(self.rows.action, actions)
        return self.rows.pick(np.flatnonzero(mine))

    def targets(self, accounts: np.ndarray, action: int, share: float) -> list[Rows]:
        """The members' rows on each object that at least a share of them acted on."""
        acts = self.acts(accounts, action)
        order = np.argsort(acts.object, kind="stable")
        borders = np.flatnonzero(np.diff(acts.object[order])) + 1
        each = [acts.pick(part) for part in np.split(order, borders)]
        return [part for part in each if len(set(part.account)) >= share * len(accounts)]


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform(SPEC)


def kinds(table) -> set[str]:
    return set(table["kind"].to_pylist())


def test_only_held_out_families_are_planted_and_each_of_them(platform):
    assert kinds(platform.world.rings) == set(CAMPAIGNS)
    assert kinds(platform.world.lookalikes) == set(CROWDS)
    assert set(platform.world.rings["level"].to_pylist()) <= set(CAMPAIGN_LEVELS)
    assert all(name.startswith("held-out-") for name in platform.rings | platform.crowds)


def test_both_families_stand_side_by_side():
    world = make_world(replace(SPEC, families="both"))

    assert kinds(world.rings) == {*CAMPAIGNS, *RING_KINDS, "link-spam", "like-farm"}
    assert kinds(world.lookalikes) == {*CROWDS, *LOOK_ALIKES}


def test_a_platform_of_the_own_families_tells_nothing_of_others_so_that_its_bytes_stay():
    own = SimulationSpec(interactions=300_000)

    assert {"families", "campaigns", "crowds"}.isdisjoint(own.as_dict())
    assert own.campaigns_of_kind("turnover") == own.crowds_of_kind("match") == 0
    assert make_world(own).neighbours is None


def test_a_held_out_platform_tells_what_was_planted():
    told = SPEC.as_dict()

    assert told["families"] == "held-out"
    assert all(count > 0 for count in [*told["campaigns"].values(), *told["crowds"].values()])
    assert not any([*told["levels"].values(), *told["rings"].values()])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"families": "theirs"}, "there is `own`, `held-out` and `both`"),
        ({"campaigns": {"turnover": 1}}, "`campaigns` is given, but families = `own`"),
        ({"families": "held-out", "levels": {"L0": 1}}, "`levels` is given, but families"),
        ({"families": "both", "crowds": {"mob": 1}}, "`crowds` has no `mob`"),
        ({"families": "both", "campaigns": {"turnover": -1}}, "from 0 to 1000"),
    ],
)
def test_families_that_cannot_be_planted_are_refused_with_the_mend(wrong, says):
    with pytest.raises(ConfigError, match=says):
        SimulationSpec(**wrong)


def test_nobody_in_a_ring_is_listed_among_the_innocent(platform):
    rings = set(platform.world.rings["account"].to_pylist())

    assert rings.isdisjoint(platform.world.lookalikes["account"].to_pylist())


def test_how_much_an_account_does_says_little_about_whether_it_is_in_a_ring(platform):
    counts = np.bincount(platform.rows.account, minlength=platform.world.population.count)
    bad = np.zeros(len(counts), dtype=bool)
    bad[np.concatenate(list(platform.rings.values()))] = True
    organic = np.sort(counts[~bad & (counts >= 3)])
    below = np.searchsorted(organic, counts[bad], side="left")
    upto = np.searchsorted(organic, counts[bad], side="right")

    assert 0.4 < (below + upto).mean() / 2 / len(organic) < 0.65


def test_parameters_are_drawn_anew_for_every_seed():
    worlds = [make_world(replace(SPEC, seed=seed)) for seed in (32, 33, 34)]
    sizes = [
        tuple(world.rings["kind"].to_pylist().count(kind) for kind in CAMPAIGNS) for world in worlds
    ]

    assert all(len(set(of_kind)) > 1 for of_kind in list(zip(*sizes, strict=True))[1:])


@pytest.mark.parametrize("kind", ["link-spam", "like-farm", "hijack-burst"])
def test_most_members_of_a_ring_meet_on_many_objects(platform, kind):
    members = platform.ring(kind)
    met = [len(platform.targets(members, action, 0.4)) for action in (SHARE, LIKE)]

    assert max(met) >= 5


def test_an_order_uses_a_part_of_the_stock(platform):
    stock = platform.ring("order-book")
    orders = max((platform.targets(stock, action, 0.08) for action in (SHARE, LIKE)), key=len)
    parts = np.array([len(set(order.account)) for order in orders]) / len(stock)

    assert len(stock) >= 60
    assert len(orders) >= 12
    assert parts.max() < 0.75
    assert np.ptp(parts) > 0.15


def test_hijacked_accounts_act_together_on_two_days_and_are_old(platform):
    members = platform.ring("hijack-burst")
    targets = max((platform.targets(members, action, 0.4) for action in (SHARE, LIKE)), key=len)
    middles = [float(np.median(target.at)) for target in targets]
    hijacked = [
        row["hijacked"] for row in platform.world.rings.to_pylist() if row["kind"] == "hijack-burst"
    ]

    assert max(middles) - min(middles) < 2.5 * DAY
    assert all(hijacked)


def test_two_teams_share_some_of_their_accounts(platform):
    one, other = (platform.rings[f"held-out-rotating-teams-1-{half}"] for half in "ab")
    both = np.intersect1d(one, other)

    assert 0.05 < len(both) / min(len(one), len(other)) < 0.45


def test_a_campaign_ends_with_other_accounts_than_it_began_with(platform):
    members = platform.ring("turnover")
    orders = max((platform.targets(members, action, 0.2) for action in (SHARE, LIKE)), key=len)
    orders = sorted(orders, key=lambda order: float(np.median(order.at)))
    first = set(np.concatenate([order.account for order in orders[:3]]).tolist())
    last = set(np.concatenate([order.account for order in orders[-3:]]).tolist())

    assert len(first - last) > 0.25 * len(first)
    assert len(last - first) > 0.25 * len(last)


def test_the_same_accounts_share_comment_and_follow_for_a_customer(platform):
    members = platform.ring("many-kinds")

    for action in (SHARE, FOLLOW):
        assert len(platform.targets(members, action, 0.3)) >= 4


def test_a_slow_drip_keeps_to_rare_objects_over_the_whole_span(platform):
    members = platform.ring("slow-drip")
    popular = np.bincount(platform.rows.object[platform.rows.action == LIKE])
    rare = [t for t in platform.targets(members, LIKE, 0.4) if popular[t.object[0]] < 30]
    middles = sorted(float(np.median(target.at)) for target in rare)

    assert len(rare) >= 4
    assert middles[-1] - middles[0] > 0.5 * SPEC.span_ms


def test_a_follow_ring_follows_partly_back_and_the_same_customers(platform):
    members = platform.ring("follow-ring")
    follows = platform.acts(members, FOLLOW)
    inside = np.isin(follows.object, members)
    pairs = set(zip(follows.account[inside].tolist(), follows.object[inside].tolist(), strict=True))
    returned = sum((b, a) in pairs for a, b in pairs) / len(pairs)
    customers = [t for t in platform.targets(members, FOLLOW, 0.35) if t.object[0] not in members]

    assert len(pairs) > 2 * len(members)
    assert 0.3 < returned < 0.99
    assert len(customers) >= 5


def test_devices_of_a_farm_are_joined_by_accounts_that_use_several(platform):
    world, members = platform.world, platform.ring("device-farm")
    ids = set(world.population.ids.take(list(members)).to_pylist())
    used = nx.Graph()
    for block in world.blocks:
        logins = block_tables(world, block, draw_block(world, block))["logins"].to_pylist()
        used.add_edges_from(
            (("account", row["user_id"]), ("device", row["device_id"]))
            for row in logins
            if row["user_id"] in ids and row["device_id"] is not None
        )

    whole = max(nx.connected_components(used), key=len)
    assert sum(kind == "account" for kind, _ in whole) > 0.9 * len(members)
    assert 3 <= sum(kind == "device" for kind, _ in whole) < len(members)


def test_log_ins_without_a_device_named_come_from_the_account_s_own(platform):
    logins = platform.rows.of(LOGIN)
    farm = np.isin(logins.account, platform.ring("device-farm"))

    assert (logins.object[~farm] == NONE).all()


def test_friends_of_friends_follow_one_another_more_than_on_an_own_platform():
    def closed(world: World) -> float:
        follows = joined([draw_block(world, block) for block in world.blocks]).of(FOLLOW)
        pairs = zip(follows.account.tolist(), follows.object.tolist(), strict=True)
        return nx.transitivity(nx.Graph([(a, b) for a, b in pairs if a != b]))

    quiet = make_world(replace(SPEC, campaigns={}, crowds={}))

    assert closed(quiet) > 2.0 * closed(replace(quiet, neighbours=None))


def test_a_newsletter_is_read_within_hours_every_morning(platform):
    readers = platform.crowd("newsletter")
    letters = platform.targets(readers, SHARE, 0.12)
    letters = [t for t in letters if np.quantile(t.at, 0.9) - t.at.min() < 4 * HOUR]

    assert len({int(np.median(letter.at)) // DAY for letter in letters}) >= 10
    assert len({int(np.median(letter.at)) % DAY // HOUR for letter in letters}) <= 3


def test_viewers_of_a_show_come_back_on_the_same_evening(platform):
    viewers = platform.crowd("live-show")
    posts = [t for t in platform.targets(viewers, LIKE, 0.1) if np.ptp(t.at) < HOUR]

    evenings = Counter(int(post.at.min()) // DAY for post in posts)
    first, second = sorted(day for day, _ in evenings.most_common(2))
    assert second - first == 7
    assert evenings[first] + evenings[second] > 0.8 * len(posts) > 12


def test_scheduled_posts_come_at_the_full_hour(platform):
    shares = platform.acts(platform.crowd("schedulers"), SHARE)

    assert (shares.at % HOUR < 4_000).mean() > 0.1


def test_a_flash_crowd_is_wide_and_a_fast_fan_club_is_not_evenly_patient(platform):
    assert len(platform.crowd("flash-crowd")) >= 300
    assert len(platform.crowd("fast-fan-club")) >= 60
    posts = platform.targets(platform.crowd("fast-fan-club"), LIKE, 0.25)
    early = [np.median(post.at - post.at.min()) for post in posts]

    assert len(posts) >= 15
    assert np.median(early) < 45 * 60_000


def test_colleagues_log_in_from_one_address_on_working_days(platform):
    logins = platform.acts(platform.crowd("office"), LOGIN)
    shared = logins.pick(np.flatnonzero(logins.aux != NONE))

    address, counts = np.unique(shared.aux, return_counts=True)
    mine = shared.at[shared.aux == address[counts.argmax()]]
    weekday = (SPEC.start_ms // DAY + 3 + mine // DAY) % 7
    assert counts.max() > 2 * len(platform.crowd("office"))
    assert weekday.max() < 5
