"""The catalogue of the Spark session: its Hive tables as plain values, asked on the driver.

Whatever the session's metastore is (its own embedded Derby, or one over Thrift), Spark's client
speaks to it. The answers are mappings and lists, since this room knows no nouns of Hive tables:

    table: kind, keys, storage, parameters
    partition: values, storage, parameters, own_columns
    storage: location, serde, input_format, columns, parameters

`own_columns` says whether the columns of a partition's storage are its own or the table's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from graph.engines.spark.partition_columns import Columns, Values, listed, own_columns
from graph.errors import ExtractError, NotOnThisEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Answer = dict[str, Any]

_HIVE = "hive"
_KINDS = {"EXTERNAL": "EXTERNAL_TABLE", "MANAGED": "MANAGED_TABLE", "VIEW": "VIRTUAL_VIEW"}
_DROPPED_CALL = "Invalid method name: 'get_table'"
_DERBY_TAKEN = ("XSDB6", "Another instance of Derby")
_PROVIDER = "spark.sql.sources.provider"
_NOT_PUSHED = "Spark cannot push `where` down: it chose among all names"
_TOO_NEW = (
    "the metastore is of Hive 4 and Spark's own client of Hive 2.3 (`Invalid method name:"
    " 'get_table'`); set `spark.sql.hive.metastore.version`, such as 4.0.1, and"
    " `spark.sql.hive.metastore.jars`, such as maven, or name the metastore beside the table:"
    ' metastore = "thrift://host:9083"'
)
_TAKEN = (
    "another process has the session's Derby metastore open, which serves one at a time; end it, or"
    " start a metastore service and set `spark.hadoop.hive.metastore.uris`"
)


def hive_table() -> SessionHive | None:
    """The catalogue of the running session, or None where the session was given none of Hive's."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is None or session.conf.get("spark.sql.catalogImplementation") != _HIVE:
        return None
    return SessionHive(session)


class SessionHive:
    """Questions to a session's catalogue."""

    def __init__(self, session: SparkSession) -> None:
        """Ask the catalogue of `session`."""
        self._session: Any = session
        self._jvm: Any = session.sparkContext._jvm
        self._converters: Any = self._jvm.scala.jdk.javaapi.CollectionConverters
        with _explained():
            self._catalogue: Any = (
                self._session._jsparkSession.sessionState().catalog().externalCatalog()
            )

    def databases(self) -> list[str]:
        """The names of all databases."""
        with _explained():
            return self._texts(self._catalogue.listDatabases())

    def tables(self, database: str) -> list[str]:
        """The names of a database's tables."""
        with _explained():
            return self._texts(self._catalogue.listTables(database))

    def table(self, database: str, table: str) -> Answer | None:
        """The table, or None where there is none.

        Raises:
            ExtractError: the metastore does not answer.
            NotOnThisEngine: the metastore is of a Hive that Spark's client does not speak to.
        """
        with _explained():
            if not self._catalogue.databaseExists(database):
                return None
            if not self._catalogue.tableExists(database, table):
                return None
            found = self._catalogue.getTable(database, table)
            keys = self._texts(found.partitionColumnNames())
            columns = self._columns(found)
            own = [one for one in columns if one[0] not in keys]
            return {
                "kind": _KINDS.get(found.tableType().name(), found.tableType().name()),
                "keys": [one for one in columns if one[0] in keys],
                "storage": self._storage(found.storage(), own),
                "parameters": self._parameters(found),
            }

    def partition_names(self, database: str, table: str) -> list[str]:
        """The names of all partitions, such as `dt=2026-01-01/hr=3`."""
        with _explained():
            return self._texts(self._catalogue.listPartitionNames(database, table, self._none()))

    def partitions(
        self, database: str, table: str, where: str | None
    ) -> tuple[list[Answer], list[str]]:
        """The partitions inside `where`, which is pushed down, or all; and notes."""
        with _explained():
            described = self._catalogue.getTable(database, table)
            columns = self._columns(described)
            keys = self._texts(described.partitionColumnNames())
            own = [one for one in columns if one[0] not in keys]
            found, notes = self._found(database, table, where)
            specs = [self._map(one.spec()) for one in found]
            values = [tuple(spec[key] for key in keys) for spec in specs]
            told, unable = self._told((database, table), values)
            return [
                {
                    "values": spec,
                    "storage": self._storage(one.storage(), _spelled(told.get(value), own)),
                    "parameters": self._map(one.parameters()),
                    "own_columns": value in told,
                }
                for one, spec, value in zip(found, specs, values, strict=True)
            ], [*notes, *unable]

    def _told(
        self, table: tuple[str, str], values: Sequence[Values]
    ) -> tuple[Mapping[Values, Columns | None], list[str]]:
        """The columns of each partition that has its own, and why they are not known, if so."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            return own_columns(self._session, self._catalogue, table, values), []
        except (Py4JError, PySparkException, TypeError) as error:
            # Other Sparks may hold Hive's client otherwise; the table's columns are known anyway.
            cause = _cause(f"{error}\n{getattr(error, '_stackTrace', '')}")
            return {}, [f"the session's catalogue tells no partition's own columns: {cause}"]

    def _found(self, database: str, table: str, where: str | None) -> tuple[list[Any], list[str]]:
        condition = None if where is None else self._condition(database, table, where)
        if condition is None:
            every = self._catalogue.listPartitions(database, table, self._none())
            return self._list(every), [_NOT_PUSHED] if where is not None else []
        answer = self._catalogue.listPartitionsByFilter(
            database, table, self._sequence(condition), "UTC"
        )
        return self._list(answer), ["`where` was pushed down to the session's metastore"]

    def _condition(self, database: str, table: str, where: str) -> object | None:
        """`where` as Spark understands it over the table's columns, or None."""
        from pyspark.errors import PySparkException

        try:
            frame = self._session.table(f"`{database}`.`{table}`").where(where)
            found: object = frame._jdf.queryExecution().analyzed().condition()
        except PySparkException:
            return None
        return found

    def _columns(self, table: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - of the JVM
        return [(one.name(), one.dataType().catalogString()) for one in table.schema().fields()]

    def _parameters(self, table: Any) -> dict[str, str]:  # noqa: ANN401 - of the JVM
        given = self._map(table.properties())
        provider = _held(table.provider())
        return {**given, _PROVIDER: provider} if provider is not None else given

    def _storage(
        self,
        given: Any,  # noqa: ANN401 - of the JVM
        columns: list[tuple[str, str]],
    ) -> Answer:
        location = _held(given.locationUri())
        utilities = self._jvm.org.apache.spark.sql.catalyst.catalog.CatalogUtils
        return {
            "location": None if location is None else utilities.URIToString(location),
            "serde": _held(given.serde()) or "",
            "input_format": _held(given.inputFormat()) or "",
            "columns": columns,
            "parameters": self._map(given.properties()),
        }

    def _texts(self, sequence: object) -> list[str]:
        return [str(one) for one in self._list(sequence)]

    def _list(self, sequence: object) -> list[Any]:
        return listed(self._converters.asJava(sequence))

    def _map(self, mapping: object) -> dict[str, str]:
        entries = listed(self._converters.asJava(mapping).entrySet())
        return {entry.getKey(): entry.getValue() for entry in entries}

    def _sequence(self, one: object) -> object:
        held = self._jvm.java.util.ArrayList()
        held.add(one)
        found: object = self._converters.asScala(held).toSeq()
        return found

    def _none(self) -> object:
        found: object = self._jvm.scala.Option.empty()
        return found


def _spelled(told: Columns | None, table: Columns) -> Columns:
    """A partition's columns as the table spells them, which has capitals where Hive has none."""
    if told is None:
        return table
    spellings = {name.lower(): name for name, _ in table}
    return [(spellings.get(name.lower(), name), of) for name, of in told]


def _held(option: Any) -> Any:  # noqa: ANN401 - of the JVM
    return option.get() if option.isDefined() else None


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what Spark's client says of a metastore into an error that names the mend."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        says = f"{error}\n{getattr(error, '_stackTrace', '')}"
        if _DROPPED_CALL in says:
            raise NotOnThisEngine(_TOO_NEW) from error
        if any(sign in says for sign in _DERBY_TAKEN):
            raise NotOnThisEngine(_TAKEN) from error
        message = f"the session's Hive catalogue does not answer: {_cause(says)}"
        raise ExtractError(message) from error


def _cause(says: str) -> str:
    """The innermost cause of a stack, in one line."""
    causes = [line.strip() for line in says.splitlines() if line.startswith("Caused by: ")]
    lines = [line.strip() for line in says.splitlines() if line.strip()]
    return causes[-1].removeprefix("Caused by: ") if causes else lines[0]
