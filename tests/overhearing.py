"""A relay before a service of this machine: what its clients ask is passed on, and kept."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

_PIECE = 1 << 16


@dataclass(slots=True)
class Overheard:
    """The port of the relay, and the bytes that all clients have sent through it so far."""

    port: int
    _sent: bytearray = field(default_factory=bytearray)
    _lock: Lock = field(default_factory=Lock)

    def add(self, piece: bytes) -> None:
        """A client sent this."""
        with self._lock:
            self._sent += piece

    def so_far(self) -> bytes:
        """All that was sent."""
        with self._lock:
            return bytes(self._sent)


@contextmanager
def overheard(service: int) -> Iterator[Overheard]:
    """A relay to the service that listens at port `service` here; it ends with the block."""
    listening = socket.create_server(("127.0.0.1", 0))
    heard = Overheard(listening.getsockname()[1])
    opened: list[socket.socket] = [listening]

    def accept() -> None:
        with suppress(OSError):  # the block has ended
            while True:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", service))
                opened.extend((client, server))
                for source, target, kept in ((client, server, True), (server, client, False)):
                    Thread(target=passed, args=(source, target, kept), daemon=True).start()

    def passed(source: socket.socket, target: socket.socket, kept: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                if kept:
                    heard.add(piece)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    accepting = Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield heard
    finally:
        for one in opened:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        accepting.join(timeout=5)
