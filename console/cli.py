"""The command `ringwatch`: arguments to values, one call, value to text or JSON."""

from __future__ import annotations

import signal
import sys
import traceback
from importlib import metadata
from typing import Annotated, NoReturn

import click
import typer

from console.commands import COMMANDS
from console.output import say
from graph.errors import RingwatchError

INTERRUPTED = 130
UNEXPECTED = 1

app = typer.Typer(
    name="ringwatch",
    help="Find coordinated account clusters in interaction extracts, and show why.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for group, name, function in COMMANDS:
    app.command(name, rich_help_panel=group)(function)


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
        code = app(standalone_mode=False)
    except click.exceptions.Abort:
        code = _interrupted()
    except KeyboardInterrupt:
        code = _interrupted()
    except click.ClickException as error:
        error.show(file=sys.stderr)
        code = error.exit_code
    except RingwatchError as error:
        say(f"ringwatch: {error}")
        code = error.exit_code
    except BrokenPipeError:
        # The reader of a pipe has seen enough.
        sys.stderr.close()
        code = 0
    except Exception:
        say(traceback.format_exc())
        say("ringwatch: this should not happen; please report it with the lines above")
        code = UNEXPECTED
    sys.exit(code if isinstance(code, int) else 0)


def _interrupted() -> int:
    say("ringwatch: interrupted; what was published stays, finished steps are kept for a resume")
    return INTERRUPTED


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
