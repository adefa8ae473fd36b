"""Which partitions a table's `where` chooses, by the engine's own SQL."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from builders.extracts.spec import TableSpec
from builders.files.names import first_line, listed, shown_text
from builders.files.partitions import Partition
from graph.engine import Engine
from graph.errors import ConfigError


def chosen_places(engine: Engine, table: TableSpec, partitions: Sequence[Partition]) -> set[int]:
    """The places of those `partitions` for which the table's `where` is true.

    Keys are columns of text; a partition that lacks one has null there.

    Raises:
        ConfigError: there are no partition keys, or `where` does not fit them.
    """
    keys = dict.fromkeys(key for partition in partitions for key, _ in partition)
    if not keys:
        message = (
            f"table `{table.name}`: `where` chooses partitions and {table.where_from} has none;"
            " choose rows with `row_where`"
        )
        raise ConfigError(message)
    columns = {
        key: pa.array([dict(partition).get(key) for partition in partitions], pa.string())
        for key in keys
    }
    places = pa.array(range(len(partitions)), pa.int64())
    rows = pa.table({**columns, "place_in_list": places})
    query = f"select place_in_list from {{rows}} where ({table.where}\n)"
    try:
        return set(engine.evaluate(rows, query)["place_in_list"].to_pylist())
    except ConfigError as error:
        message = (
            f"table `{table.name}`: `where` = `{shown_text(table.where or '')}` cannot be used:"
            f" {first_line(error)}; the partition columns are {listed(keys)}"
        )
        raise ConfigError(message) from error
