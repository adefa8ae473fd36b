"""The `[spark]` section of a job file: where the engine on Spark runs. No answer depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graph.errors import ConfigError
from jobs.settings import tuned


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkSettings:
    """The `[spark]` section; it is heard where the engine is `spark`."""

    master: str | None = None
    """As `spark-submit` takes it; else what that or the environment says, else this machine."""
    scratch: str | None = None
    """A path or URI that all of Spark's machines share, for tables while they are used."""
    conf: Mapping[str, str] = field(default_factory=dict)
    """Further settings of Spark, `[spark.conf]`, such as `spark.executor.memory`."""


def spark_settings(given: Mapping[str, Any]) -> SparkSettings:
    """The section as a value.

    Settings of Spark may be written as one quoted name or as names within names: TOML reads
    `spark.executor.memory = "8g"` as the latter. Numbers and truth values are taken as Spark
    spells them.

    Raises:
        ConfigError: a setting is unknown or of another type.
    """
    conf = given.get("conf", {})
    if not isinstance(conf, Mapping):
        message = f"`conf` in [spark] is a section, written `[spark.conf]`, not the value `{conf}`"
        raise ConfigError(message)
    rest = {name: value for name, value in given.items() if name != "conf"}
    settings = tuned(SparkSettings(), rest, of="spark")
    return replace(settings, conf=dict(flat(conf)))


def spark_option(text: str) -> tuple[str, str]:
    """A setting of Spark as a command line gives it, `name=value`.

    Raises:
        ConfigError: it is not of that form, or the name is none of Spark's.
    """
    name, equals, value = text.partition("=")
    if not equals:
        message = f"`--spark` is NAME=VALUE, such as spark.executor.memory=8g, not `{text}`"
        raise ConfigError(message)
    return _named(name.strip()), value.strip()


def flat(given: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Settings of Spark by their whole names, from names within names.

    Raises:
        ConfigError: a name is none of Spark's, or a value is of no simple type.
    """
    for name, value in given.items():
        whole = f"{within}{name}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{whole}.")
        elif isinstance(value, bool):
            yield _named(whole), str(value).lower()
        elif isinstance(value, str | int | float):
            yield _named(whole), str(value)
        else:
            message = f"`{whole}` in [spark.conf] is a text, number, true or false, not `{value}`"
            raise ConfigError(message)


def _named(name: str) -> str:
    if not name.startswith("spark."):
        message = f"`{name}` is no setting of Spark, which begin with `spark.`"
        raise ConfigError(message)
    return name
