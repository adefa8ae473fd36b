"""How a command ends when it does not end well: a line that says why, and an exit code."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import typer

from graph.errors import RingwatchError

UNEXPECTED = 1
INTERRUPTED = 130
_END_WELL = 0


def say(text: str) -> None:
    """A line for people on stderr, beside the data; what does not print is escaped."""
    # Loaded late, as every page of help needs this module and no page this one.
    from review.visible import visible

    sys.stderr.write(visible(text) + "\n")


def explained(function: Callable[..., Any]) -> Callable[..., Any]:
    """The command, ending with the exit codes of `graph.errors` and a line on stderr."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the command's own
        try:
            return function(*args, **kwargs)
        except RingwatchError as error:
            say(f"ringwatch: {error}")
            code = error.exit_code
        except KeyboardInterrupt:
            code = interrupted()
        except BrokenPipeError:
            code = _pipe_closed()
        except (typer.Exit, typer.Abort):
            raise
        except Exception:
            for line in traceback.format_exc().splitlines():
                say(line)
            say("ringwatch: this should not happen; please report it with the lines above")
            code = UNEXPECTED
        raise typer.Exit(code)

    return run


def interrupted() -> int:
    """Say that the work was broken off, and how it goes on; give the exit code."""
    say("ringwatch: interrupted; what was published stays, finished steps are kept for a resume")
    return INTERRUPTED


def _pipe_closed() -> int:
    """The reader of a pipe has seen enough: what Python would still flush goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _END_WELL
