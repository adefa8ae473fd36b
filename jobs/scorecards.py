"""The card that a job judges its clusters by: the shipped one, or one by `ringwatch train`."""

from __future__ import annotations

from pathlib import Path

from algorithms.flags import FlagSettings
from algorithms.scorecard import Scorecard
from algorithms.scorecard_text import default_card, read_card
from builders.files.names import shown_path
from graph.errors import ConfigError

_MEND = (
    "write one with `ringwatch train --model-out`, or leave `scorecard` out of [flags] for the"
    " shipped one"
)


def scorecard_of(flags: FlagSettings, *, base: Path) -> Scorecard:
    """The card that `[flags] scorecard` names, or the shipped one where it names none.

    Args:
        flags: the settings.
        base: the folder that a relative path starts from.

    Raises:
        ConfigError: the file cannot be read, is no card, or is one of other terms.
    """
    if flags.scorecard is None:
        return default_card()
    path = base / flags.scorecard
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        message = f"the scorecard `{shown_path(path)}` is no text: {error.reason}; {_MEND}"
        raise ConfigError(message) from error
    except (OSError, ValueError) as error:
        # A path with a NUL is a ValueError.
        why = error.strerror if isinstance(error, OSError) else error
        message = f"cannot read the scorecard `{shown_path(path)}`: {why}"
        raise ConfigError(message) from error
    try:
        return read_card(text)
    except ValueError as error:
        message = f"the scorecard `{shown_path(path)}` cannot be used: {error}; {_MEND}"
        raise ConfigError(message) from error
