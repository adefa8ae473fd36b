"""Options that have an effect only beside others: one told without them is refused by name."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from graph.errors import ConfigError


def refuse_told(context: typer.Context, names: Iterable[str], because: str) -> None:
    """Refuse options that would be passed over.

    Args:
        context: of the command that was called.
        names: the parameters of the options.
        because: what the message says behind the option: why it has no effect, and the mend.

    Raises:
        ConfigError: one of them was told, be it with its default.
    """
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            message = f"`{_written(context, name)}` {because}"
            raise ConfigError(message)


def _written(context: typer.Context, name: str) -> str:
    """An option as the command line writes it."""
    (found,) = (one for one in context.command.params if one.name == name)
    return max(found.opts, key=len)
