"""What groups are planted into: who is free, what is new, what was done so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from builders.simulation.hours import HOUR
from builders.simulation.one_table import NONE, Group, PlacedActs, of_all
from builders.simulation.outside.calendar import Calendar, awake
from builders.simulation.outside.language import Language
from builders.simulation.outside.people import People
from builders.simulation.outside.posts import Posts
from builders.simulation.population import Bools, Floats, Longs
from builders.simulation.stage import WorldStage

ACTIONS = ("like", "comment", "share", "follow", "post")
LIKE, COMMENT, SHARE, FOLLOW, POST = range(5)

_MOST_OF_THE_FREE = 6


@dataclass(slots=True, kw_only=True)
class Stage(WorldStage[PlacedActs]):
    """A platform that is being made.

    `action_shares` is how often people like, comment, share and follow; `free` has the people who
    act as ordinary people do and are in no group so far.
    """

    scale: float
    calendar: Calendar
    people: People
    posts: Posts
    language: Language
    action_shares: Floats
    free: Bools = field(init=False)
    new_posts: int = 0
    new_places: int = 0
    _fresh: int = 0

    def __post_init__(self) -> None:
        """Nobody is free before there is a life to tell ordinary people by."""
        self.free = np.zeros(self.people.count, dtype=np.bool_)

    def emit(
        self,
        who: Longs,
        what: Longs | int,
        at: Floats | float,
        action: Longs | int,
        *,
        text: Longs | None = None,
        place: int = NONE,
    ) -> None:
        """Note acts; one thing, time or action given is that of all."""
        if len(who):
            self.acts.append(
                PlacedActs(
                    who=who,
                    what=of_all(what, len(who)),
                    at=np.broadcast_to(np.asarray(at, dtype=np.float64), len(who)),
                    action=of_all(action, len(who)),
                    text=of_all(NONE if text is None else text, len(who)),
                    place=of_all(place, len(who)),
                )
            )

    def comments(self, subject: Longs) -> Longs:
        """What is said in a comment on each subject."""
        return self.say(self.language.comments(self.rng, subject))

    def post(self, number: Longs) -> Longs:
        """The numbers of posts as things to act on."""
        return number + self.people.count

    def brand_new(self, count: int) -> list[int]:
        """New posts, as things to act on, that nobody but those who are sent there sees."""
        first = self.people.count + self.posts.count + self.new_posts
        self.new_posts += count
        return list(range(first, first + count))

    def new_place(self) -> int:
        """An address at which nobody lives."""
        self.new_places += 1
        return self.people.count + self.new_places - 1

    def fresh(self, count: int) -> Longs:
        """Accounts that nobody has had so far."""
        first = self.people.organic + self._fresh
        self._fresh += count
        return np.arange(first, first + count)

    def some(self, wanted: int, *, subject: int | None = None, zone: float | None = None) -> Longs:
        """People in no group so far, of a subject or a zone where enough of them are.

        At most a sixth of all who are free, so that a small platform has some for every group.
        """
        people = self.people
        free = np.flatnonzero(self.free)
        wanted = min(wanted, max(1, len(free) // _MOST_OF_THE_FREE))
        alike = free
        if subject is not None:
            alike = alike[(people.subject[alike] == subject) | (people.second[alike] == subject)]
        if zone is not None:
            alike = alike[people.zone[alike] == zone]
        picked = self.rng.choice(alike if len(alike) >= wanted else free, wanted, replace=False)
        self.free[picked] = False
        return picked

    def any_subject(self) -> int:
        """One of all subjects, each as likely."""
        return int(self.rng.integers(0, len(self.people.subject_shares)))

    def sized(self, least: float, most: float) -> int:
        """A size, log-uniform between two, rounded down."""
        return int(self.between(least, most))

    def awake(self, who: Longs, at: Floats) -> Floats:
        """Times at which these people act, when they sleep at night."""
        return awake(self.rng, at, self.people.zone[who])

    def moments(self, who: Longs) -> Floats:
        """Times at which these people act anyway."""
        return self.calendar.moments(self.rng, self.people.zone[who], self.people.lark[who])

    def drop_by(self, what: int, after: float, count: int, hours: float, action: int) -> None:
        """People of no group come to a thing in the hours after, each when awake."""
        who = self.rng.integers(0, self.people.organic, count)
        at = after + self.rng.exponential(hours * HOUR, count)
        self.emit(who, what, self.awake(who, at), action)

    def drop_by_anyway(self, what: int, count: int) -> None:
        """People of no group like a thing, at whatever time."""
        who = self.rng.integers(0, self.people.organic, count)
        self.emit(who, what, self.moments(who), LIKE)

    def label(self, name: str, kind: str, members: Longs, level: str | None = None) -> None:
        """Note a ring, by its level, or a look-alike; members stay as they were drawn."""
        self.groups.append(Group(name, kind, level, members))
