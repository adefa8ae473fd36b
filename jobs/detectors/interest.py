"""Groups of objects whose topic explains co-action: learned, or told by the extract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from algorithms.co_clustering import Dividing
from algorithms.learned_groups import Learning, learned_groups
from algorithms.object_groups import given_groups
from graph.errors import ConfigError
from graph.schemas import INTERACTIONS
from graph.table import Table
from jobs.detector import World


@dataclass(frozen=True, slots=True)
class Interests:
    """Each object's group of interest, if any, and facts about how it was told."""

    groups: Table | None = None
    facts: Mapping[str, float | int | str] = field(default_factory=dict)


def groups_of_interest(
    world: World, chosen: Table, *, of: str, topic: str | None, number: int
) -> Interests:
    """The objects' groups of interest, if any are asked for and can be told.

    Args:
        world: whose carried attributes may name a topic.
        chosen: the interactions that groups are learned from.
        of: the detector that asks, for messages.
        topic: the attribute that names an object's topic.
        number: groups to learn where no topic is named; 0 for none.

    Raises:
        ConfigError: no such attribute, or a number of groups that makes no sense.
    """
    if topic is not None:
        carried = world.carried or world.interactions
        if topic not in carried.schema.names:
            known = [name for name in carried.schema.names if name not in INTERACTIONS.names]
            message = (
                f"`detectors.{of}.topic` is `{topic}`, which is no attribute of the"
                f" extract; it has {', '.join(f'`{name}`' for name in known) or 'none'}"
            )
            raise ConfigError(message)
        return Interests(given_groups(carried, topic))
    if number != 0 and number < 2:
        message = (
            f"`detectors.{of}.object_groups` is {number}; give 2 groups or more, or 0 for none"
        )
        raise ConfigError(message)
    if number:
        learning = Learning(dividing=Dividing(groups=number))
        learned = learned_groups(chosen, seed=world.seed, learning=learning)
        return Interests(learned.groups, learned.facts())
    return Interests()
