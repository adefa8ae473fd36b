"""`ringwatch serve`: the web console of a folder of runs, on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from console.failures import say
from console.options import DEFAULT_OUT, AsJson, Out
from console.output import write_json, write_line
from console.web.serving import first_link, is_loopback, listen, serve_until_stopped
from console.web.session import LINK_SECONDS
from console.web.site import opened_site


def serve(
    out: Out = DEFAULT_OUT,
    store: Annotated[
        str | None,
        typer.Option(help="The store's URL, or a path; OUT/review.sqlite by default."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes one that is free.")
    ] = 8472,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    person: Annotated[
        str | None,
        typer.Option("--as", help="The name that decisions bear; asked on entry by default."),
    ] = None,
    reached_as: Annotated[
        list[str] | None,
        typer.Option(help="A name by which other machines reach it; may be repeated."),
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option(help="The file of anchors that the history is held against.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Open the web console on this machine, and print a link that lets one person in."""
    listening = listen(host, port, reached_as or ())
    with listening.socket, opened_site(out, store=store, person=person, anchors=anchors) as site:
        link = first_link(site, listening)
        if not is_loopback(host):
            say(
                "ringwatch: other machines reach this console, and it speaks plain HTTP: whoever"
                " reads the network on the way reads what it shows and may act in its name"
            )
        if json:
            write_json({"address": listening.address, "link": link, "link_seconds": LINK_SECONDS})
        else:
            write_line(f"The console of {out}; open once, within {LINK_SECONDS // 60} minutes:")
            # Not by a table or a wrapped line: a link is copied whole.
            write_line(f"  {link}", style="bold")
            write_line("Ctrl-C closes it; what was decided is kept.", style="dim")
        sys.stdout.flush()
        try:
            serve_until_stopped(site, listening)
        except KeyboardInterrupt:
            say("ringwatch: the console is closed")
