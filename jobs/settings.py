"""A job file's values put into a settings dataclass, names and types checked."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import TypeVar

from graph.errors import ConfigError

S = TypeVar("S")


def tuned(settings: S, given: Mapping[str, object], *, of: str) -> S:
    """A settings value (a frozen dataclass) with some of its fields replaced.

    Args:
        settings: the defaults.
        given: field names and values as TOML gives them; the word `none` stands for no value.
        of: the job file's section, for messages, such as `detectors.shared-objects`.

    Raises:
        ConfigError: an unknown field, with the nearest known one, or a value of another type.
    """
    hints = typing.get_type_hints(type(settings))
    known = [item.name for item in fields(settings)]  # type: ignore[arg-type]
    changes: dict[str, object] = {}
    for name, value in given.items():
        if name not in known:
            raise ConfigError(unknown(name, known, what="setting", place=f"[{of}]"))
        changes[name] = _typed(value, hints[name], place=f"`{name}` in [{of}]")
    return replace(settings, **changes)  # type: ignore[type-var]


def unknown(name: str, known: Iterable[str], *, what: str, place: str) -> str:
    """The message for a name that is not there: the nearest one, or all there are."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    mend = f"did you mean `{close[0]}`?" if close else f"there is {_listed(names)}"
    return f"unknown {what} `{name}` in {place}; {mend}"


def _typed(value: object, hint: object, *, place: str) -> object:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _any_of(value, args, place=place)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            message = f"{place} is a list, not `{value}`"
            raise ConfigError(message)
        return tuple(_typed(item, args[0], place=place) for item in value)
    if origin is typing.Literal:
        if value not in args:
            message = f"{place} is one of {_listed(args)}, not `{value}`"
            raise ConfigError(message)
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    # A bool is an int to Python and none to a reader of a job file.
    if (
        not isinstance(hint, type)
        or not isinstance(value, hint)
        or (isinstance(value, bool) and hint is not bool)
    ):
        message = f"{place} is of type {_spelled(hint)}, not `{value}`"
        raise ConfigError(message)
    return value


def _any_of(value: object, hints: tuple[object, ...], *, place: str) -> object:
    if type(None) in hints and value in (None, "none"):
        return None
    kinds = [hint for hint in hints if hint is not type(None)]
    for hint in kinds:
        try:
            return _typed(value, hint, place=place)
        except ConfigError:
            continue
    message = f"{place} is {' or '.join(_spelled(hint) for hint in hints)}, not `{value}`"
    raise ConfigError(message)


def _spelled(hint: object) -> str:
    if hint is type(None):
        return "`none`"
    return hint.__name__ if isinstance(hint, type) else str(hint)


def _listed(names: Iterable[object]) -> str:
    return ", ".join(f"`{name}`" for name in names)
