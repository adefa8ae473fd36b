"""What a Spark session needs and what it found: Python packages, Java, versions that fit."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from graph.errors import NotOnThisEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def check_python() -> None:
    """Raise unless PySpark can be imported.

    Raises:
        NotOnThisEngine: it is not installed.
    """
    if importlib.util.find_spec("pyspark") is None:
        message = "the Spark engine needs PySpark: pip install 'ringwatch[spark]'"
        raise NotOnThisEngine(message)


def java_environment() -> dict[str, str]:
    """The environment that makes Spark start on a Java that suits it."""
    return {}


def check_session(session: SparkSession) -> None:
    """Raise if the session is of a kind that the engine cannot use."""
