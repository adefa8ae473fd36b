"""Groups of objects whose topic explains co-action: learned, or told by the extract."""

from __future__ import annotations

from algorithms.object_groups import Learning, given_groups, learned_groups
from graph.errors import ConfigError, NotOnThisEngine
from graph.schemas import INTERACTIONS
from graph.table import Table
from jobs.detector import World


def groups_of_interest(
    world: World, chosen: Table, *, of: str, topic: str | None, number: int
) -> Table | None:
    """The objects' groups of interest, if any are asked for and can be told.

    Args:
        world: whose carried attributes may name a topic.
        chosen: the interactions that groups are learned from.
        of: the detector that asks, for messages.
        topic: the attribute that names an object's topic.
        number: groups to learn where no topic is named; 0 for none.

    Raises:
        ConfigError: no such attribute, or a number of groups that makes no sense.
        NotOnThisEngine: groups are asked for on an engine that knows none.
    """
    if (topic is not None or number) and chosen.engine.name != "local":
        message = (
            f"`detectors.{of}`: object groups do not run on the {chosen.engine.name} engine; leave"
            ' `topic` and `object_groups` out, or say engine = "local"'
        )
        raise NotOnThisEngine(message)
    if topic is not None:
        carried = world.carried or world.interactions
        if topic not in carried.schema.names:
            known = [name for name in carried.schema.names if name not in INTERACTIONS.names]
            message = (
                f"`detectors.{of}.topic` is `{topic}`, which is no attribute of the"
                f" extract; it has {', '.join(f'`{name}`' for name in known) or 'none'}"
            )
            raise ConfigError(message)
        return given_groups(carried, topic)
    if number != 0 and number < 2:
        message = (
            f"`detectors.{of}.object_groups` is {number}; give 2 groups or more, or 0 for none"
        )
        raise ConfigError(message)
    if number:
        return learned_groups(chosen, seed=world.seed, learning=Learning(groups=number))
    return None
