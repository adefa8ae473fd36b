"""Commands that are imported when they are called, so that help and completion come at once."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from console.commands import COMMANDS, Entry
from console.failures import explained

_BY_NAME = {entry.name: entry for entry in COMMANDS}


class LateCommands(TyperGroup):
    """The group of all commands; its list holds their names and first sentences alone."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - Typer's own types are private
        """The command that the arguments name, imported."""
        name, command, rest = super().resolve_command(ctx, args)
        entry = _BY_NAME.get(name or "")
        return name, command_of(entry) if command and entry else None, rest

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """List the commands under the headings of `COMMANDS`."""
        panels = dict.fromkeys(entry.panel for entry in COMMANDS)
        width = max(len(entry.name) for entry in COMMANDS)
        for panel in panels:
            rows = [(e.name.ljust(width), e.says) for e in COMMANDS if e.panel == panel]
            with formatter.section(panel):
                formatter.write_dl(rows)


def command_of(entry: Entry) -> Any:  # noqa: ANN401 - Typer's own types are private
    """The command of an entry, as Typer makes it."""
    function = getattr(import_module(f"console.commands.{entry.module}"), entry.function)
    one = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    one.command(entry.name)(explained(function))
    return typer.main.get_command(one)
