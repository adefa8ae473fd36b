"""The columns that each partition of a Hive table has of its own, asked behind Spark's catalogue.

Spark keeps one list of columns for all partitions of a table: it leaves out each one's own when it
makes its partitions of Hive's. The client of Hive that Spark's holds is asked for them here, by its
public calls alone, and under Spark's own lock, since a connection to a metastore serves one caller
at a time. Each word to the JVM costs a message, so lists of texts cross as one text. Run with Spark
4.1.4 and its client of Hive 2.3.10.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Columns = list[tuple[str, str]]
"""Names, in Hive's small letters, and Hive types."""

Values = tuple[str, ...]
"""A partition's values in the order of the table's keys."""

_PAGE = 300
_HIVE = "org.apache.hadoop.hive.ql.metadata.Hive"


def own_columns(
    session: SparkSession,
    catalogue: Any,  # noqa: ANN401 - of the JVM
    table: tuple[str, str],
    chosen: Iterable[Values],
) -> dict[Values, Columns | None]:
    """The columns of the `chosen` partitions; None where they are those of the table.

    A partition that Hive's client does not know is not in the answer.

    Args:
        session: a session whose catalogue is Hive's.
        catalogue: its external catalogue.
        table: the names of database and table.
        chosen: the partitions to ask for.

    Raises:
        Py4JError, PySparkException, TypeError: this Spark or its metastore does not answer so.
    """
    client = _HiveClient(session, catalogue.unwrapped().client(), *table)
    wanted = set(chosen)
    names = (name for name in client.names() if _values(name) in wanted)
    found: dict[Values, Columns | None] = {}
    while page := list(islice(names, _PAGE)):
        found.update(client.columns(page))
    return found


def listed(collection: Any) -> list[Any]:  # noqa: ANN401 - of the JVM
    """What a collection of Java's holds.

    Its own iterator says that it is done by an exception, which costs more than all the rest.
    """
    return list(collection.toArray())


def _values(name: str) -> Values:
    """The values in a partition's name, in which Hive escapes what could divide it."""
    return tuple(unquote(part.partition("=")[2]) for part in name.split("/"))


class _HiveClient:
    """Hive's client inside Spark's, for one table."""

    def __init__(self, session: Any, client: Any, database: str, table: str) -> None:  # noqa: ANN401
        self._jvm: Any = session.sparkContext._jvm
        self._gateway: Any = session.sparkContext._gateway
        self._client = client
        self._raw = client.getRawHiveTable(database, table)
        self._table = self._raw.rawTable()
        # Hive's classes may have a loader of their own, by Spark's settings.
        self._loader = self._table.getClass().getClassLoader()
        theirs = self._table.getTTable().getSd().getCols()
        self._seen: list[tuple[Any, Columns | None]] = [(theirs, None)]

    def names(self) -> list[str]:
        """The names of all partitions, as the metastore has them."""
        everything = self._jvm.scala.Option.empty()
        found = self._client.getPartitionNames(self._raw.toCatalogTable(), everything)
        there = self._jvm.scala.jdk.javaapi.CollectionConverters.asJava(found)
        return str(self._jvm.java.lang.String.join("\n", there)).split("\n")

    def columns(self, page: Sequence[str]) -> Iterator[tuple[Values, Columns | None]]:
        """The columns of the partitions of some names, by one question."""
        util = self._jvm.java.util
        lines = util.regex.Pattern.compile("\n").splitAsStream("\n".join(page))
        names = lines.collect(util.stream.Collectors.toList())
        hive = self._locked(self._method("get"), [])
        kinds = (self._table.getClass(), self._loader.loadClass("java.util.List"))
        asked = self._method("getPartitionsByNames", *kinds)
        for one in listed(self._locked(asked, [hive, self._table, names])):
            yield _values(one.getName()), self._read(one.getTPartition().getSd().getCols())

    def _read(self, columns: Any) -> Columns | None:  # noqa: ANN401 - of the JVM
        """The columns as plain values; there are few lists of them, and each is read once."""
        for known, read in self._seen:
            if known.equals(columns):
                return read
        read = [(one.getName(), one.getType()) for one in listed(columns)]
        self._seen.append((columns, read))
        return read

    def _locked(self, method: Any, given: Sequence[Any]) -> Any:  # noqa: ANN401 - of the JVM
        """The answer of a call that Spark makes for us, as it makes its own."""
        invoke = self._jvm.java.lang.invoke
        handle = invoke.MethodHandles.publicLookup().unreflect(method)
        if given:
            given_there = self._array("Object", given)
            handle = invoke.MethodHandles.insertArguments(handle, 0, given_there)
        kind = self._loader.loadClass("scala.Function0")
        return self._client.withHiveState(
            invoke.MethodHandleProxies.asInterfaceInstance(kind, handle)
        )

    def _method(self, name: str, *kinds: Any) -> Any:  # noqa: ANN401 - of the JVM
        return self._loader.loadClass(_HIVE).getMethod(name, self._array("Class", kinds))

    def _array(self, kind: str, values: Sequence[Any]) -> Any:  # noqa: ANN401 - of the JVM
        made = self._gateway.new_array(getattr(self._jvm.java.lang, kind), len(values))
        for place, value in enumerate(values):
            made[place] = value
        return made
