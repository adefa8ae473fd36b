"""What an evaluation must reach: `precision>=0.95,recall>=0.95`, or a path into the document."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from builders.files.names import listed, nearest
from graph.errors import ConfigError

SHORT: dict[str, tuple[str, ...]] = {
    "precision": ("account", "precision"),
    "recall": ("account", "recall"),
    "f1": ("account", "f1"),
    "average_precision": ("account", "average_precision"),
    "ring_recall": ("rings", "recall_at_jaccard_0.5"),
    "ring_recall_at_half": ("rings", "recall_at_half"),
    "look_alike_worst_share": ("look_alike_worst_share",),
    "controls_flagged": ("controls_flagged",),
}
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_WRITTEN = re.compile(r"\s*([^<>=\s]+)\s*(>=|<=|>|<)\s*([0-9.eE+-]+)\s*")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A number of the document, and the bar it must reach."""

    name: str
    sign: str
    bar: float

    def fault(self, document: Mapping[str, Any]) -> str | None:
        """Why the document does not reach it, or None; a number that is undefined does not.

        Raises:
            ConfigError: the document has no such number.
        """
        value = _number(document, self.name)
        if value is not None and _COMPARED[self.sign](value, self.bar):
            return None
        there = "undefined" if value is None else f"{value:.4g}"
        return f"{self.name} is {there}, and {self.sign} {self.bar:g} is required"


def requirements(text: str) -> tuple[Requirement, ...]:
    """The requirements of a text, with commas between them.

    A name is one of `SHORT`, a level or kind of ring with a number (`L3.recall`), or keys of the
    document with dots between them (`labels.absent`).

    Raises:
        ConfigError: a part cannot be understood.
    """
    found = []
    for part in text.split(","):
        match = _WRITTEN.fullmatch(part)
        try:
            bar = float(match[3]) if match else 0.0
        except ValueError:
            match = None
        if match is None:
            message = f"`--require` is such as precision>=0.95,L3.recall>=0.7, not `{part}`"
            raise ConfigError(message)
        found.append(Requirement(match[1], match[2], bar))
    return tuple(found)


def _number(document: Mapping[str, Any], name: str) -> float | None:
    value: Any = document
    for key in _keys(document, name):
        if not isinstance(value, Mapping) or key not in value:
            known = [*SHORT, *(f"{level}.recall" for level in document.get("by_level", {}))]
            mend = nearest(name, known) or f"; there is {listed(known)}"
            message = f"`--require`: the evaluation has no number `{name}`{mend}"
            raise ConfigError(message)
        value = value[key]
    if isinstance(value, Mapping) and "value" in value:
        value = value["value"]
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    message = f"`--require`: `{name}` is no number"
    raise ConfigError(message)


def _keys(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    if name in SHORT:
        return SHORT[name]
    first, *rest = name.split(".")
    for group in ("by_level", "by_kind"):
        if first in document.get(group, {}):
            return (group, first, *rest)
    return (first, *rest)
