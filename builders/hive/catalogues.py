"""Which catalogue is asked about a Hive table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from builders.hive.address import HiveAddress
from builders.hive.hiveserver2 import HiveServer2
from builders.hive.metastore import Metastore
from builders.hive.session import may_have_catalogue, session_catalogue
from builders.hive.site import configured_metastore
from builders.hive.table import Catalogue
from graph.engine import Engine


@contextmanager
def opened(address: HiveAddress, engine: Engine | None) -> Iterator[Catalogue]:
    """The catalogue that the address names; else the engine's own; else that of `hive-site.xml`.

    Args:
        address: the table.
        engine: the engine that will read, None where nothing but the address is known.

    Raises:
        ConfigError: nothing says where the catalogue is.
        NotOnThisEngine: the client is not installed.
        ExtractError: the catalogue cannot be reached.
    """
    catalogue = _catalogue(address, engine)
    try:
        yield catalogue
    finally:
        catalogue.close()


def _catalogue(address: HiveAddress, engine: Engine | None) -> Catalogue:
    if address.hiveserver2 is not None:
        return HiveServer2(address.hiveserver2)
    if address.metastore:
        return Metastore(address.metastore)
    own = session_catalogue(engine)
    if own is not None:
        return own
    return Metastore(configured_metastore(session_without=may_have_catalogue(engine)))
