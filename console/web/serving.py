"""A console on a port of this machine: which hosts it may be reached by, and its process."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import uvicorn

from console.web.access import Access
from console.web.app import console_of
from console.web.pages.entry import entry
from console.web.site import Site
from graph.errors import ConfigError

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_REQUESTS_AT_ONCE = 64
_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Listening:
    """A bound port: the socket, how browsers reach it, and every name that is this console."""

    socket: socket.socket
    address: str
    hosts: tuple[str, ...]


def listen(
    host: str, port: int, reached_as: Sequence[str] = (), *, people: bool = False
) -> Listening:
    """Take a port of a host; port 0 takes one that is free.

    Args:
        host: the address to listen at.
        port: the port.
        reached_as: names by which other machines reach the console, with their port if it is
            another one; `https://NAME` where a proxy speaks TLS before it.
        people: whether the store has people who sign in.

    Raises:
        ConfigError: the host is not of this machine alone and no name says how it is reached, or
            the port cannot be taken.
    """
    if not people and not all(map(is_loopback, (host, *map(_host, reached_as)))):
        message = (
            "other machines are to reach this console, and the store has no people: whoever came"
            " would be anybody; add one first: `ringwatch people add NAME --role admin`"
        )
        raise ConfigError(message)
    if not is_loopback(host) and not reached_as:
        message = (
            f"`{host}` lets other machines in: whoever reads the network reads the session, as this"
            " console speaks plain HTTP; keep `127.0.0.1`, or say with `--reached-as NAME` which"
            " name they reach it by"
        )
        raise ConfigError(message)
    taken = _bound(host, port)
    port = taken.getsockname()[1]
    own = [f"{name}:{port}" for name in _LOOPBACK]
    others = [_address(name, port) for name in reached_as]
    first = others[0] if others else f"http://{_shown(host)}:{port}"
    hosts = [each.partition("://")[2] for each in others]
    return Listening(taken, first, (*own, f"{_shown(host)}:{port}", *hosts))


def first_link(site: Site, listening: Listening) -> str:
    """A link that lets one person in, once."""
    return f"{listening.address}{entry(site.sessions.new_link())}"


def serve_until_stopped(site: Site, listening: Listening, access: Access | None = None) -> None:
    """Answer requests until somebody presses Ctrl-C or stops the process; each is finished."""
    config = uvicorn.Config(
        console_of(site, address=listening.address, hosts=list(listening.hosts), access=access),
        http="h11",
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_REQUESTS_AT_ONCE,
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run(sockets=[listening.socket])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _bound(host: str, port: int) -> socket.socket:
    bare = host.strip("[]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((bare, port))
        # From here on whoever opens the link waits until the console answers.
        taken.listen()
    except (OSError, OverflowError) as error:
        taken.close()
        message = f"cannot listen at `{host}`, port {port}: {error}; `--port 0` takes a free one"
        raise ConfigError(message) from error
    return taken


def _shown(host: str) -> str:
    bare = host.strip("[]")
    return f"[{bare}]" if ":" in bare else bare


def _address(name: str, port: int) -> str:
    """How browsers reach the console by a name; TLS has a port of its own."""
    if name.startswith("https://"):
        return name.rstrip("/")
    return f"http://{name if _has_port(name) else f'{name}:{port}'}"


def _host(name: str) -> str:
    bare = name.removeprefix("https://").rstrip("/")
    return bare.rsplit(":", 1)[0] if _has_port(bare) else bare


def _has_port(name: str) -> bool:
    return ":" in name.rsplit("]", 1)[-1]
