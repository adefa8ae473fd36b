"""One file a command or two; `COMMANDS` lists them in the order of the help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.commands.account import account, expand
from console.commands.clusters import clusters
from console.commands.decide import decide
from console.commands.doctor import doctor
from console.commands.export import export, report
from console.commands.runs import runs
from console.commands.show import show
from console.commands.simulate import simulate

COMMANDS: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("Find", "simulate", simulate),
    ("Review", "clusters", clusters),
    ("Review", "show", show),
    ("Review", "account", account),
    ("Review", "expand", expand),
    ("Review", "decide", decide),
    ("Hand over", "export", export),
    ("Hand over", "report", report),
    ("Look after", "runs", runs),
    ("Look after", "doctor", doctor),
)
"""(help panel, name, function)."""
