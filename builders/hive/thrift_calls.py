"""Calls to a metastore over Thrift, and what their failures mean.

Hive 4.0.1 dropped the call `get_table`, and metastores before Hive 3 may lack `get_table_req`: each
is tried. The other calls are known to Hive 2.3 and Hive 4.0 alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from socket import create_connection
from typing import Protocol, cast

from builders.files.names import first_line
from builders.hive.address import Endpoint
from graph.errors import ExtractError, NotOnThisEngine

_CONNECT_SECONDS = 10
_ANSWER_MS = 600_000
_ALL = -1


class ColumnAnswer(Protocol):
    """A metastore's `FieldSchema`."""

    name: str
    type: str


class SerdeAnswer(Protocol):
    """A metastore's `SerDeInfo`."""

    serializationLib: str | None
    parameters: dict[str, str | None] | None


class StorageAnswer(Protocol):
    """A metastore's `StorageDescriptor`."""

    cols: list[ColumnAnswer] | None
    location: str | None
    inputFormat: str | None
    serdeInfo: SerdeAnswer | None


class PartitionAnswer(Protocol):
    """A metastore's `Partition`."""

    values: list[str]
    sd: StorageAnswer
    parameters: dict[str, str | None] | None


class TableAnswer(Protocol):
    """A metastore's `Table`."""

    tableType: str | None
    sd: StorageAnswer
    partitionKeys: list[ColumnAnswer] | None
    parameters: dict[str, str | None] | None


class Refused(ExtractError):
    """The metastore answered that it will not, or (`missing`) that there is no such thing."""

    def __init__(self, message: str, *, missing: bool) -> None:
        """The metastore's words, and which of the two they are."""
        super().__init__(message)
        self.missing = missing


class Calls:
    """One open connection to a metastore.

    Every call may raise `Refused`, and ExtractError where the connection fails.
    """

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        """Connect to the first of `endpoints` that answers.

        Raises:
            NotOnThisEngine: the Thrift client is not installed.
            ExtractError: none of them can be reached.
        """
        self._thrift = _imported()
        self._transport, self._endpoint = _connected(self._thrift, endpoints)
        self._client = self._thrift.client(self._thrift.protocol(self._transport))

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def table(self, database: str, name: str) -> TableAnswer:
        """A table, by the new call and else by the old one."""
        request = self._thrift.table_request(dbName=database, tblName=name)
        try:
            answer = self._call("get_table_req", request)
        except _UnknownCall:
            return cast(TableAnswer, self._call("get_table", database, name))
        return cast(TableAnswer, getattr(answer, "table"))  # noqa: B009

    def databases(self) -> list[str]:
        """The names of all databases."""
        return cast(list[str], self._call("get_all_databases"))

    def tables(self, database: str) -> list[str]:
        """The names of a database's tables."""
        return cast(list[str], self._call("get_all_tables", database))

    def partition_names(self, database: str, table: str) -> list[str]:
        """The names of all partitions."""
        return cast(list[str], self._call("get_partition_names", database, table, _ALL))

    def partitions_by_name(
        self, database: str, table: str, names: Sequence[str]
    ) -> list[PartitionAnswer]:
        """The partitions of these names."""
        found = self._call("get_partitions_by_names", database, table, list(names))
        return cast(list[PartitionAnswer], found)

    def partitions_by_filter(self, database: str, table: str, filter: str) -> list[PartitionAnswer]:
        """The partitions for which a metastore's filter is true."""
        found = self._call("get_partitions_by_filter", database, table, filter, _ALL)
        return cast(list[PartitionAnswer], found)

    def _call(self, method: str, *values: object) -> object:
        thrift = self._thrift
        try:
            return cast(object, getattr(self._client, method)(*values))
        except thrift.unknown as error:
            if error.type == thrift.unknown.UNKNOWN_METHOD:
                raise _UnknownCall(self._not_known(method)) from error
            raise Refused(self._words(error), missing=False) from error
        except thrift.missing as error:
            raise Refused(self._words(error), missing=True) from error
        except thrift.refused as error:
            raise Refused(self._words(error), missing=False) from error
        except (*thrift.broken, OSError, EOFError) as error:
            raise ExtractError(self._hung_up(error)) from error

    def _words(self, error: Exception) -> str:
        says = getattr(error, "message", None) or first_line(error)
        return f"the metastore at {self._endpoint} refused: {says}"

    def _not_known(self, method: str) -> str:
        return (
            f"the metastore at {self._endpoint} does not know the call `{method}`: it is of a Hive"
            " that this client does not speak to (2.3 to 4.0 were tried); say `hiveserver2` in"
            " place of `metastore`, or run on Spark with `spark.sql.hive.metastore.version` and"
            " `spark.sql.hive.metastore.jars` set"
        )

    def _hung_up(self, error: Exception) -> str:
        return (
            f"the metastore at {self._endpoint} took the connection and did not answer"
            f" ({first_line(error)}): it wants Kerberos or TLS, or is no metastore; the local"
            " engine speaks plain Thrift only: run on Spark, whose settings know your keytab"
        )


class _UnknownCall(ExtractError):
    """The metastore does not know a call by name."""


class _Thrift:
    """The parts of the Thrift client that are used, imported when they are needed."""

    def __init__(self) -> None:
        from pymetastore.hive_metastore import ThriftHiveMetastore, ttypes
        from thrift.protocol.TBinaryProtocol import TBinaryProtocol
        from thrift.protocol.TProtocol import TProtocolException
        from thrift.Thrift import TApplicationException
        from thrift.transport import TSocket, TTransport

        self.client = ThriftHiveMetastore.Client
        self.protocol = TBinaryProtocol
        self.socket = TSocket.TSocket
        self.buffered = TTransport.TBufferedTransport
        self.unknown = TApplicationException
        self.broken = (TTransport.TTransportException, TProtocolException, UnicodeDecodeError)
        self.missing = (ttypes.NoSuchObjectException, ttypes.UnknownDBException)
        self.refused = ttypes.MetaException
        self.table_request = ttypes.GetTableRequest


class _Transport(Protocol):
    def open(self) -> None: ...

    def close(self) -> None: ...


def _imported() -> _Thrift:
    try:
        return _Thrift()
    except ImportError as error:
        message = (
            f"reading a Hive metastore needs a Thrift client, and `{error.name}` is not installed;"
            " `pip install 'ringwatch[hive]'`"
        )
        raise NotOnThisEngine(message) from error


def _opened(thrift: _Thrift, endpoint: Endpoint) -> _Transport:
    socket = thrift.socket(endpoint.host, endpoint.port)
    socket.setTimeout(_ANSWER_MS)
    transport: _Transport = thrift.buffered(socket)
    transport.open()
    return transport


def _connected(thrift: _Thrift, endpoints: Sequence[Endpoint]) -> tuple[_Transport, Endpoint]:
    failures = []
    for endpoint in endpoints:
        try:
            # The client would write its own lines to a log, and lose the system's reason.
            create_connection((endpoint.host, endpoint.port), _CONNECT_SECONDS).close()
            transport = _opened(thrift, endpoint)
        except (*thrift.broken, OSError) as error:
            reason = getattr(error, "strerror", None) or first_line(error)
            failures.append(f"{endpoint} ({reason.lower()})")
        else:
            return transport, endpoint
    message = (
        f"no metastore answers at {', '.join(failures)}; is it running, and is the port open from"
        " here?"
    )
    raise ExtractError(message)
