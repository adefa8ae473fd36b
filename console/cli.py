"""The command `ringwatch`: arguments to values, one call, value to text or JSON."""

from __future__ import annotations

import signal
import sys
from importlib import metadata
from typing import Annotated, NoReturn

import typer

from console.commands import COMMANDS
from console.failures import interrupted, say
from console.late import LateCommands

app = typer.Typer(
    name="ringwatch",
    cls=LateCommands,
    help="Find coordinated account clusters in interaction extracts, and show why.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _stand_in() -> None:
    """Stands in the help for a command; the command itself is imported when it is called."""


for entry in COMMANDS:
    app.command(entry.name, help=entry.says, rich_help_panel=entry.panel)(_stand_in)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"ringwatch {metadata.version('ringwatch')}\n")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Find coordinated account clusters in interaction extracts, and show why."""


def main() -> NoReturn:
    """Run the command line; the exit codes are listed in docs/command-line.md."""
    # A supervisor that stops the process asks with SIGTERM; it ends as Ctrl-C does.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except KeyboardInterrupt:
        # Before a command had begun: while its libraries were loaded.
        sys.exit(interrupted())
    except Exception as error:
        say(f"ringwatch: {error}")
        sys.exit(1)
    sys.exit(0)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
