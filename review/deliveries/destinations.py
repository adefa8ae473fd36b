"""Where lists may go: the destinations that a file names, and no other place.

```toml
[destinations.ops]
url = "https://ops.example/ringwatch"
secret_env = "RINGWATCH_OPS_SECRET"     # the variable that holds `whsec_...`
receipts_url = "https://ops.example/ringwatch/receipts"

[destinations.partner]
folder = "/srv/lists"
```
"""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from graph.errors import ConfigError
from review.deliveries.signing import secret_bytes

FILE = "destinations.toml"
ITEMS_A_PAGE = 500
_KEYS = ("url", "secret_env", "receipts_url", "items_a_page", "folder")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One place: a folder, or an address that takes signed webhooks."""

    name: str
    folder: Path | None = None
    url: str | None = None
    receipts_url: str | None = None
    secret_env: str | None = None
    items_a_page: int = ITEMS_A_PAGE

    def key(self) -> bytes:
        """The key that signs, from the environment.

        Raises:
            ConfigError: the variable is not set, or holds no secret.
        """
        secret = os.environ.get(self.secret_env or "")
        if not secret:
            message = (
                f"the secret of destination `{self.name}` is not there: set `{self.secret_env}`"
                " to `whsec_` and base64 of 24 bytes or more"
            )
            raise ConfigError(message)
        return secret_bytes(secret)


def read_destinations(file: Path) -> dict[str, Destination]:
    """The destinations that a file allows; none where it is not there.

    Raises:
        ConfigError: the file cannot be understood, or a destination is neither a folder nor an
            address that may be sent to.
    """
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        message = f"`{file}` cannot be read: {error}"
        raise ConfigError(message) from error
    tables = given.get("destinations", {})
    if set(given) - {"destinations"} or not isinstance(tables, dict):
        message = f"`{file}` holds tables `[destinations.NAME]` and nothing else"
        raise ConfigError(message)
    return {name: _destination(file, name, table) for name, table in tables.items()}


def named_destination(file: Path, name: str) -> Destination:
    """The destination of this name.

    Raises:
        ConfigError: the file names none such, or cannot be understood.
    """
    known = read_destinations(file)
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=1)
    mend = f"did you mean `{close[0]}`?" if close else f"it names {sorted(known) or 'none'}"
    message = f"`{file}` allows no destination `{name[:60]}`; {mend}"
    raise ConfigError(message)


def _destination(file: Path, name: str, table: Any) -> Destination:  # noqa: ANN401 - from a file
    if not isinstance(table, dict) or set(table) - set(_KEYS):
        message = f"destination `{name}` of `{file}` may have {', '.join(_KEYS)}, and nothing else"
        raise ConfigError(message)
    if ("folder" in table) == ("url" in table):
        message = f"destination `{name}` of `{file}` needs `folder` or `url`, and not both"
        raise ConfigError(message)
    if "folder" in table:
        return Destination(name=name, folder=Path(table["folder"]))
    if not table.get("secret_env"):
        message = f"destination `{name}` of `{file}` needs `secret_env`: what is sent is signed"
        raise ConfigError(message)
    for key in ("url", "receipts_url"):
        if key in table:
            _refuse_open(name, key, str(table[key]))
    return Destination(
        name=name,
        url=str(table["url"]),
        receipts_url=table.get("receipts_url"),
        secret_env=str(table["secret_env"]),
        items_a_page=int(table.get("items_a_page", ITEMS_A_PAGE)),
    )


def _refuse_open(name: str, key: str, url: str) -> None:
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.hostname or parts.username is not None:
        message = (
            f"`{key}` of destination `{name}` is an https:// address without a name in it,"
            " or http:// on this machine"
        )
        raise ConfigError(message)
