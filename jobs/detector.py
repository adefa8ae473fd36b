"""What a detector is: a declaration of what it looks for, and how it draws its layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from algorithms.explain.schema import Family
from graph.model import Clustering, InteractionGraph
from graph.schema import Schema
from graph.table import Table
from jobs.settings import tuned

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Seeds:
    """Accounts that people have judged before: one-column tables named `account`."""

    bad: Table
    good: Table


@dataclass(frozen=True, slots=True)
class World:
    """What a detector may look at."""

    interactions: Table
    accounts: Table | None = None
    seeds: Seeds | None = None
    layers: tuple[Layer, ...] = ()
    """The layers drawn before this one, for detectors that build on others."""
    seed: int = 0
    carried: Table | None = None
    """The interactions with the attributes they carry. Attributes have the user's names, which may
    be those that a query gives its own columns, so only who needs them looks here."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One way in which accounts are joined: suspicious edges, weighted in [0, 1] each.

    `facts` are what a data scientist asks for first: pairs tested, where the cut fell, observed
    against expected. They go into the run's manifest.
    """

    name: str
    graph: InteractionGraph
    bounds: Table
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    """What the detector wants to see again when it tells the acts (`Detector.keeps`)."""
    weak: Table | None = None
    """Edges (`EDGES`) that surprise a little and were refused: they join nobody, and tell a
    closed group from a piece of a wider one."""


@dataclass(frozen=True, slots=True)
class Detector(Generic[S]):
    """A recipe of a builder, its bounds, a test and its evidence."""

    name: str
    says: str
    """What it looks for, as read aloud to a reviewer."""
    settings: S
    draw: Callable[[World, S], Layer | None]
    """The layer, or None where the extract lacks what the detector needs (no text, no seeds)."""
    acts: Callable[[World, S, Layer, Clustering], tuple[Table, int]]
    """The interactions behind the layer's edges inside clusters, as `JOINT_ACTS`, and how many
    more a bound on each edge's acts left out."""
    family: Family = "time-object"
    """What joins accounts in its layer, for the explanations that account for such."""
    stands_alone: bool = True
    """Whether its edges by themselves tell that an account is in a second ring: not where all of
    them rest on one coming together, or repeat those of other layers."""
    keeps: Mapping[str, Schema] = field(default_factory=dict)
    """The schemas of `Layer.tables`, which are kept with the layer when a run is broken off."""
    enabled: bool = True
    """Whether a job runs it that does not say; what was found to add nothing waits to be asked."""
    of_chance: bool = True
    """Whether what it finds is chance's where who did which act is dealt anew (`jobs.decoy`)."""
    needs: str = ""
    """What the extract must have for it, for the message when it is left out."""

    def tuned(self, given: Mapping[str, object]) -> Detector[S]:
        """This detector with some settings changed.

        Raises:
            ConfigError: an unknown setting, with the nearest known one, or a value of another type.
        """
        return replace(self, settings=tuned(self.settings, given, of=f"detectors.{self.name}"))
