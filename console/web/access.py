"""How a console may be reached, beyond a browser on this machine: addresses that are trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import Scope

from graph.errors import ConfigError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(given: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and ranges of addresses, as `10.0.0.7` and `10.0.0.0/24`.

    Raises:
        ConfigError: one is neither.
    """
    try:
        return tuple(ipaddress.ip_network(each) for each in given)
    except ValueError as error:
        message = f"{error}; write an address as `10.0.0.7` or a range as `10.0.0.0/24`"
        raise ConfigError(message) from error


def lies_in(scope: Scope, among: Sequence[Network]) -> bool:
    """Whether a request came from one of these addresses, as the network itself says."""
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0] if client else "")
    except ValueError:
        return False
    return any(address in network for network in among)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that has people sign in: in which header it names them, and where it speaks from."""

    header: str
    addresses: tuple[Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the console is told at its start of who may come how; nothing by default."""

    proxy: Proxy | None = None
    metrics_from: tuple[Network, ...] = ()
    """addresses that may read the metrics without a token"""
    pseudonym_key: bytes | None = None
    """what accounts' pseudonyms are made with; without it nobody is shown any"""
