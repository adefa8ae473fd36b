"""`ringwatch audit`: does the history hold, and where it is anchored."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.options import DEFAULT_OUT, AsJson, Out
from console.output import write_json, write_line
from console.place import STORE
from graph.errors import ConfigError
from review.anchor import drop_anchor, verify_all
from review.store import Store


def audit(
    what: Annotated[str, typer.Argument(help="`verify`, or `anchor` to add a line to the file.")],
    out: Out = DEFAULT_OUT,
    anchors: Annotated[
        Path | None, typer.Option(help="The file of anchors, kept where nobody can alter it.")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option(help="The environment variable with the key that seals anchors.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Verify the history's chain of hashes, or anchor it in a file elsewhere."""
    if what not in ("verify", "anchor"):
        message = f"`ringwatch audit` does `verify` or `anchor`, not `{what}`"
        raise ConfigError(message)
    key = None if key_env is None else _key(key_env)
    place = out / STORE
    if not place.exists():
        message = f"there is no store at `{place}`; name the folder of runs with `--out`"
        raise ConfigError(message)
    with Store.open(place) as store:
        if what == "anchor":
            if anchors is None:
                message = "name the file of anchors with `--anchors`"
                raise ConfigError(message)
            line = drop_anchor(store, anchors, at=time.time_ns() // 1_000_000, key=key)
            if json:
                write_json(line)
            else:
                write_line(f"anchored entry {line['seq']} ({line['hash'][:16]}...) in {anchors}")
            return
        found = verify_all(store, anchors, key=key)
    if json:
        write_json(asdict(found))
        return
    write_line(
        f"the history holds: {found.entries} entries, ids of {found.identified_runs} runs,"
        f" {found.anchors} anchors; newest hash {found.head}"
    )
    if anchors is None:
        write_line("without anchors, a history that was made anew as a whole is not found out")


def _key(name: str) -> bytes:
    key = os.environ.get(name, "")
    if len(key) < 16:
        message = f"`{name}` holds no key of 16 characters or more"
        raise ConfigError(message)
    return key.encode()
