"""What Hadoop says of a file that it refuses, as the `OSError` that Python would raise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_KINDS = (
    ("FileNotFoundException", FileNotFoundError),
    ("FileAlreadyExistsException", FileExistsError),
    ("AccessControlException", PermissionError),
)


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turn Hadoop's refusal of a place into an error in one line.

    Raises:
        OSError: of the kind that fits, with what Hadoop said.
    """
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except Py4JJavaError as error:
        raise _as_os_error(error.java_exception, place) from error
    except PySparkException as error:
        raise OSError(f"`{place}`: {_first(str(error))}") from error


def _as_os_error(thrown: Any, place: str) -> OSError:  # noqa: ANN401 - an object of the JVM
    name = str(thrown.getClass().getSimpleName())
    kind = next((kind for end, kind in _KINDS if name.endswith(end)), OSError)
    says = _first(str(thrown.getMessage() or "")) or name
    return kind(f"`{place}`: {says}")


def _first(text: str) -> str:
    """The first line: below it stands the stack of another machine."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else ""
