"""Objects by interest: the topic that the extract gives, or groups that were learned.

People who care for one topic meet on its objects without knowing of one another; a null model that
knows the groups does not call that coordination (`graph.engines.kernels.interest`). Groups are
learned by `algorithms.learned_groups`.
"""

from __future__ import annotations

from graph.model import kernel
from graph.schema import Column, Schema
from graph.table import Table

OBJECT_GROUPS = Schema(
    "object_groups",
    (
        Column("object_kind", "VARCHAR", "what kind of thing the object is"),
        Column("object", "VARCHAR", "an object"),
        Column("group_number", "BIGINT", "its group of interest, from 0"),
    ),
    key=("object_kind", "object"),
)

_KIND, _OBJECT, _ = OBJECT_GROUPS.columns
_TOPIC = Column("topic", "VARCHAR", "a value of the attribute")
_PLACE = Column("place", "BIGINT", "1, 2, 3 ... in the order of the values")
_VOTED = Schema("voted_topics", (_KIND, _OBJECT, _TOPIC), key=("object_kind", "object"))
_TOPICS = Schema("topics", (_TOPIC,), key=("topic",))
_TOPICS_PLACED = Schema("placed_topics", (_TOPIC, _PLACE), key=("topic",))


def given_groups(carried: Table, attribute: str) -> Table:
    """Each object's group (`OBJECT_GROUPS`): the value of `attribute` it has most often.

    Objects without a value are left out. Groups are numbered in the order of their values.

    Args:
        carried: interactions with their attributes.
        attribute: the name of one of them.
    """
    engine = carried.engine
    column = '"' + attribute.replace('"', '""') + '"'
    voted = engine.sql(
        f"""
        with votes as (
            select i.object_kind, i.object, i.{column} as topic, count(*) as acts
            from {{carried}} i where i.{column} is not null
            group by i.object_kind, i.object, i.{column}
        ),
        best as (
            select *, row_number() over (
                partition by object_kind, object order by acts desc, topic) as place
            from votes
        )
        select object_kind, object, topic from best where place = 1
        """,
        _VOTED,
        carried=carried,
    )
    topics = engine.sql("select distinct topic from {voted}", _TOPICS, voted=voted)
    # Numbered by the engine's own way: there may be as many topics as objects.
    placed = kernel(topics, "places")(topics, order=("topic",), schema=_TOPICS_PLACED)
    groups = engine.sql(
        """
        select v.object_kind, v.object, p.place - 1 as group_number
        from {voted} v join {placed} p on p.topic = v.topic
        """,
        OBJECT_GROUPS,
        voted=voted,
        placed=placed,
    )
    for done in (voted, topics, placed):
        engine.drop(done)
    return groups
