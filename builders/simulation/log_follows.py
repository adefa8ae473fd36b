"""Follow rings in a log of contacts: accounts that follow one another, and the same customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation.log_bed import LogBed
from builders.simulation.mixes import between
from builders.simulation.planting import Indices
from builders.simulation.population import Bools
from builders.simulation.rings import CO_ACTION

Rng = np.random.Generator

KIND = "account"
"""What an object is called that is an account, in the model of interactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """How dense a follow ring is: pairs joined, those joined both ways, customers followed."""

    density: float
    returned: float
    share: float


FOLLOWS: dict[str, Follows] = {
    "L0": Follows(density=0.9, returned=1.0, share=1.0),
    "L1": Follows(density=0.7, returned=0.9, share=0.9),
    "L2": Follows(density=0.5, returned=0.6, share=0.75),
    "L3": Follows(density=0.3, returned=0.4, share=0.6),
}
"""From easy to hard; `follow-ring` of the held-out families lies between L1 and L3."""


def plant_follow_ring(bed: LogBed, rng: Rng, name: str, number: int) -> None:
    """Plant one follow ring: members follow members first, then customers, then anybody.

    No member follows more accounts than it has acts to spend, so a ring is sparser than its level
    says where members do little.
    """
    level = FOLLOWS[name]
    usual = float(np.median(bed.log.volumes[bed.able]))
    size = bed.bounded(min(between(rng, 12, 40), max(12, round(usual / level.density))))
    members = bed.recruits(rng, size, hijacked=CO_ACTION[name].hijacked)
    action = _action(bed)
    wants = _wants(rng, level, size)
    customers = rng.choice(len(bed.log.accounts), int(rng.integers(8, 21)), replace=False)
    customers = np.setdiff1d(customers, members)
    things = _Things(bed, action, np.concatenate([members, customers]))
    received = np.zeros(size, dtype=np.int64)
    for place, member in enumerate(members.tolist()):
        left = bed.volume[member]
        friends = rng.permutation(np.flatnonzero(wants[place]))[:left]
        received[friends] += 1
        clients = customers[rng.random(len(customers)) < level.share][: left - len(friends)]
        whom = np.concatenate([members[friends], clients])
        others = rng.integers(0, len(bed.log.at), left - len(whom))
        times = bed.log.at[rng.integers(0, len(bed.log.at), len(whom))]
        bed.act(np.full(len(whom), member), things.of(whom), times)
        if bed.is_fresh(member):
            bed.act(np.full(len(others), member), bed.log.thing[others], bed.log.at[others])
        else:
            bed.make_room(rng, member, len(whom))
    _be_followed(bed, rng, things, members, received)
    bed.rings.append((f"follow-{name}-{number + 1}", name, "follow-ring", members))


class _Things:
    """The things that some accounts are, as followed."""

    def __init__(self, bed: LogBed, action: str, accounts: Indices) -> None:
        self._bed = bed
        self._action = action
        names = bed.account_ids().take(pa.array(accounts))
        self._names = dict(zip(accounts.tolist(), names.to_pylist(), strict=True))
        things = bed.log.things
        # Those few alone: a log of follows has about as many things as accounts.
        alike = pc.and_(pc.equal(things["action"], action), pc.equal(things["object_kind"], KIND))
        known = np.flatnonzero(pc.and_(alike, pc.is_in(things["object"], names)).to_numpy())
        found = things["object"].take(pa.array(known)).to_pylist()
        self._known: dict[str, int] = dict(zip(found, known.tolist(), strict=True))
        for place, (did, kind, name) in enumerate(bed.fresh_things, start=len(things)):
            if (did, kind) == (action, KIND) and name is not None:
                self._known[name] = place

    def of(self, accounts: Indices) -> Indices:
        """The things of some of the accounts, made where nobody followed them yet."""
        names = [self._names[account] for account in accounts.tolist()]
        for name in names:
            if name not in self._known:
                self._known[name] = self._bed.made(self._action, KIND, name)
        return np.array([self._known[name] for name in names], dtype=np.int64)


def _wants(rng: Rng, level: Follows, size: int) -> Bools:
    """Who is to follow whom among the members."""
    first, second = np.triu_indices(size, k=1)
    chosen = rng.random(len(first)) < level.density
    first, second = first[chosen], second[chosen]
    turned = rng.random(len(first)) < 0.5
    src, dst = np.where(turned, second, first), np.where(turned, first, second)
    wants = np.zeros((size, size), dtype=bool)
    wants[src, dst] = True
    back = rng.random(len(src)) < level.returned
    wants[dst[back], src[back]] = True
    return wants


def _be_followed(
    bed: LogBed, rng: Rng, things: _Things, members: Indices, received: Indices
) -> None:
    """Let organic accounts follow the fresh members, as many as follow somebody by chance."""
    account = np.bincount(bed.log.thing, minlength=len(bed.log.things))
    for place, member in enumerate(members.tolist()):
        if bed.is_fresh(member):
            usual = int(rng.choice(account))
            thing = int(things.of(np.array([member]))[0])
            begin = int(bed.log.at[rng.integers(0, len(bed.log.at))])
            bed.send_visitors(rng, thing, begin, max(usual - int(received[place]), 1))


def _action(bed: LogBed) -> str:
    """What a follow is called in the log: the commonest act on accounts."""
    things = bed.log.things
    acts = pa.array(np.bincount(bed.log.thing, minlength=len(things)))
    contacts = things.select(["action"]).append_column("acts", acts)
    contacts = contacts.filter(pc.equal(things["object_kind"], KIND))
    counted = contacts.group_by("action").aggregate([("acts", "sum")]).to_pylist()
    commonest = min(counted, key=lambda row: (-row["acts_sum"], row["action"]), default=None)
    return "follow" if commonest is None else str(commonest["action"])
