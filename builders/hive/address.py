"""How a Hive table is named: `hive://db.table`, and where its catalogue answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from builders.files.names import listed, shown_text
from graph.errors import ConfigError

SCHEME = "hive://"
METASTORE_PORT = 9083
HIVESERVER2_PORT = 10000

# A command line reads its argument as a path, which folds the two slashes into one.
_ADDRESS = re.compile(r"hive:/{1,3}(?P<rest>.*)", re.DOTALL)
_NAME = re.compile(r"\w+")
_ENDPOINT = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service listens."""

    host: str
    port: int

    def __str__(self) -> str:
        """As `host:port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HiveServer2Address:
    """A HiveServer2 and how to be let in.

    `user` None is this login's name; a password comes from the environment, never from a job file.
    """

    endpoint: Endpoint
    auth: Literal["plain", "nosasl"] = "plain"
    user: str | None = None

    def __str__(self) -> str:
        """As a job file says it."""
        auth = ";auth=noSasl" if self.auth == "nosasl" else ""
        return f"{self.endpoint}{auth}{f';user={self.user}' if self.user else ''}"


@dataclass(frozen=True, slots=True)
class HiveAddress:
    """A Hive table by name, in lower case as Hive keeps names.

    `metastore` are the places of one metastore, tried in turn. Where neither it nor `hiveserver2`
    is given, the engine's own catalogue is asked, or the one that `hive-site.xml` names.
    """

    database: str
    table: str
    metastore: tuple[Endpoint, ...] = ()
    hiveserver2: HiveServer2Address | None = None

    def __str__(self) -> str:
        """As it is written in a job file."""
        return f"{SCHEME}{self.database}.{self.table}"

    @property
    def keys(self) -> dict[str, str]:
        """The keys of a job file that name the table and its catalogue."""
        found = {"path": str(self)}
        if self.metastore:
            found["metastore"] = ",".join(f"thrift://{one}" for one in self.metastore)
        if self.hiveserver2 is not None:
            found["hiveserver2"] = str(self.hiveserver2)
        return found


def hive_address(
    text: str, *, metastore: str | None = None, hiveserver2: str | None = None
) -> HiveAddress | None:
    """The Hive table that `text` names, or None where it is a path.

    Args:
        text: such as `hive://db.table`.
        metastore: such as `thrift://host:9083`; several with commas are tried in turn.
        hiveserver2: such as `host:10000`, `host:10000;auth=noSasl` or `host:10000;user=me`.

    Raises:
        ConfigError: the name is not of two parts, or an address cannot be understood.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        _refuse_alone(text, metastore, hiveserver2)
        return None
    if metastore is not None and hiveserver2 is not None:
        message = f"`{shown_text(text)}`: say `metastore` or `hiveserver2`, not both"
        raise ConfigError(message)
    database, table = _names(found["rest"], text)
    return HiveAddress(
        database,
        table,
        () if metastore is None else metastore_endpoints(metastore),
        None if hiveserver2 is None else _hiveserver2(hiveserver2),
    )


def metastore_endpoints(text: str) -> tuple[Endpoint, ...]:
    """The places of a metastore, from `thrift://host:9083,thrift://other:9083`.

    Raises:
        ConfigError: one of them is none.
    """
    found = []
    for one in text.split(","):
        scheme, _, rest = one.strip().rpartition("://")
        if scheme not in ("", "thrift"):
            message = (
                f"a metastore answers over `thrift://host:{METASTORE_PORT}`,"
                f" not `{shown_text(one.strip())}`"
            )
            raise ConfigError(message)
        found.append(_endpoint(rest.rstrip("/"), "metastore", METASTORE_PORT))
    return tuple(found)


def _names(rest: str, text: str) -> tuple[str, str]:
    names = rest.strip("/").split(".")
    if len(names) != 2 or not all(_NAME.fullmatch(name) for name in names):
        mend = f"; write `{SCHEME}default.{names[0]}`" if len(names) == 1 and names[0] else ""
        message = f"`{shown_text(text)}` does not name a table as `{SCHEME}database.table`{mend}"
        raise ConfigError(message)
    return names[0].lower(), names[1].lower()


def _endpoint(text: str, what: str, usual: int) -> Endpoint:
    found = _ENDPOINT.fullmatch(text)
    port = int(found["port"] or usual) if found else 0
    if found is None or not 0 < port < 65536:
        message = f"`{what}` is a host and a port such as `host:{usual}`, not `{shown_text(text)}`"
        raise ConfigError(message)
    return Endpoint(found["host"].strip("[]"), port)


def _hiveserver2(text: str) -> HiveServer2Address:
    place, *options = [one.strip() for one in text.removeprefix("jdbc:hive2://").split(";")]
    given: dict[str, str] = {}
    for option in options:
        key, _, value = option.partition("=")
        given[key.strip()] = value.strip()
    auth = _auth(given)
    endpoint = _endpoint(place.rstrip("/"), "hiveserver2", HIVESERVER2_PORT)
    return HiveServer2Address(endpoint, auth, given.get("user") or None)


def _auth(given: dict[str, str]) -> Literal["plain", "nosasl"]:
    if "principal" in given:
        message = (
            "a HiveServer2 that wants Kerberos (`principal`) is not asked by the local engine; run"
            " on Spark, whose settings know your keytab"
        )
        raise ConfigError(message)
    unknown = [key for key in given if key not in ("auth", "user")]
    if unknown:
        message = f"`hiveserver2` takes `auth` and `user`, not {listed(unknown)}"
        raise ConfigError(message)
    auth = given.get("auth", "plain").lower()
    if auth == "nosasl":
        return "nosasl"
    if auth != "plain":
        message = f"`auth` of `hiveserver2` is `plain` or `noSasl`, not `{shown_text(auth)}`"
        raise ConfigError(message)
    return "plain"


def _refuse_alone(text: str, metastore: str | None, hiveserver2: str | None) -> None:
    told = [n for n, v in (("metastore", metastore), ("hiveserver2", hiveserver2)) if v is not None]
    if told:
        message = (
            f"{listed(told)} goes with a Hive table, and `{shown_text(text)}` is a path; write"
            f" `{SCHEME}database.table`"
        )
        raise ConfigError(message)
