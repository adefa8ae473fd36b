"""How soon after one another members act on one thing: as they are joined, and without a layer.

Of an edge's acts on an object the nearest two count, whichever layer shows them. They are looked
for once, a column for each layer, since joint acts are the largest table that a run has.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph.schema import Column, Schema
from graph.table import Table

_CLUSTER = Column("cluster", "VARCHAR", "the cluster's name")
_QUARTERS = (
    Column("delay_seconds", "DOUBLE", "median delay between joint acts, seconds"),
    Column("low_seconds", "DOUBLE", "what a quarter of the delays do not exceed"),
    Column("high_seconds", "DOUBLE", "what three quarters of them do not exceed"),
)

DELAY_FACTS = Schema("delay_facts", (_CLUSTER, *_QUARTERS), key=("cluster",))
WITHOUT_DELAYS = Schema(
    "without_delays",
    (_CLUSTER, Column("left_out", "VARCHAR", "the layer left out"), *_QUARTERS),
    key=("cluster", "left_out"),
)

_QUARTERED = """
    median(cast(delay as double) / 1000.0) as delay_seconds,
    percentile_disc(0.25) within group (order by cast(delay as double) / 1000.0) as low_seconds,
    percentile_disc(0.75) within group (order by cast(delay as double) / 1000.0) as high_seconds
"""
"""SQL: the median of a group's delays (ms), and their quartiles by nearest rank."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The delay of each edge's nearest acts on each object, in ms, whoever they are.

    `delays` has a row for each: its `cluster`, the `delay`, and as `delay_0`, `delay_1`, ... what
    the acts of each of the `layers` have, null where a layer shows none.
    """

    delays: Table
    layers: tuple[str, ...]

    def without(self, place: int) -> str:
        """SQL: the delay that the other layers show; null where they show none."""
        others = [f"delay_{n}" for n in range(len(self.layers)) if n != place]
        if not others:
            return "cast(null as bigint)"
        return others[0] if len(others) == 1 else f"least({', '.join(others)})"


def nearest_acts(joint_acts: Table) -> Nearest:
    """The delays between each edge's nearest joint acts on each object.

    Args:
        joint_acts: `JOINT_ACTS` of the clusters.
    """
    engine = joint_acts.engine
    found = engine.query(
        "select distinct layer from {joint_acts} order by layer", joint_acts=joint_acts
    )
    layers = tuple(found["layer"].to_pylist())
    named = {f"layer_{n}": layer for n, layer in enumerate(layers)}
    of_layers = "".join(
        f", min(case when layer = $layer_{n} then abs(src_at - dst_at) end) as delay_{n}"
        for n in range(len(layers))
    )
    schema = Schema(
        "nearest_acts",
        (
            _CLUSTER,
            Column("delay", "BIGINT", "between the nearest two acts, ms"),
            *(
                Column(f"delay_{n}", "BIGINT", "between those of the layer, ms", nullable=True)
                for n in range(len(layers))
            ),
        ),
        key=("cluster", "delay"),
    )
    delays = engine.sql(
        f"""
        select cluster, min(abs(src_at - dst_at)) as delay{of_layers}
        from {{joint_acts}} group by cluster, src, dst, object_kind, object
        """,
        schema,
        named,
        joint_acts=joint_acts,
    )
    return Nearest(delays, layers)


def delay_facts(nearest: Nearest) -> Table:
    """Median and quartiles of the delays between each edge's nearest joint acts on each object.

    `DELAY_FACTS`; clusters without timed co-action are left out.
    """
    return nearest.delays.engine.sql(
        f"select cluster, {_QUARTERED} from {{delays}} group by cluster",
        DELAY_FACTS,
        delays=nearest.delays,
    )


def delays_without(layers: Table, nearest: Nearest) -> Table:
    """Median and quartiles of the delays of joint acts that other layers show (`WITHOUT_DELAYS`).

    Args:
        layers: `algorithms.ways.LAYERS_INSIDE`.
        nearest: what the clusters' joint acts have.
    """
    engine = layers.engine
    if not nearest.layers:
        return engine.from_arrow(WITHOUT_DELAYS.arrow.empty_table(), WITHOUT_DELAYS)
    # Only a cluster's own layers are left out of it.
    parts = [
        f"""
        select d.cluster, o.layer as left_out, {nearest.without(n)} as delay
        from {{delays}} d join {{layers}} o on o.cluster = d.cluster and o.layer = $layer_{n}
        where {nearest.without(n)} is not null
        """
        for n in range(len(nearest.layers))
    ]
    # A layer without acts of its own, as one that repeats others, takes none away.
    known = ", ".join(f"$layer_{n}" for n in range(len(nearest.layers)))
    parts.append(
        f"""
        select d.cluster, o.layer as left_out, d.delay
        from {{delays}} d join {{layers}} o on o.cluster = d.cluster
        where o.layer not in ({known})
        """
    )
    return engine.sql(
        f"""
        select cluster, left_out, {_QUARTERED}
        from ({" union all ".join(parts)}) apart
        group by cluster, left_out
        """,
        WITHOUT_DELAYS,
        {f"layer_{n}": layer for n, layer in enumerate(nearest.layers)},
        layers=layers,
        delays=nearest.delays,
    )
