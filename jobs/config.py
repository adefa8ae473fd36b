"""The job file: one TOML text, read once at the door, plain values inside."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, time
from pathlib import Path
from typing import Any, Literal

from algorithms.flags import FlagSettings
from algorithms.scorecard import Scorecard
from algorithms.scorecard_text import card_digest
from builders.extracts.spec import AccountsSpec, ExtractSpec
from builders.extracts.toml import accounts_spec, extract_spec
from graph.errors import ConfigError
from jobs.detector import Detector
from jobs.detectors import DETECTORS
from jobs.fuse import ClusterSettings
from jobs.scorecards import scorecard_of
from jobs.settings import tuned, unknown
from jobs.spark_settings import SparkSettings, spark_settings

_SECTIONS = ("job", "spark", "extract", "accounts", "seeds", "detectors", "cluster", "flags")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """The `[job]` section."""

    name: str = "detect"
    """What the run is called; part of the run's name."""
    out: str | None = None
    """The folder of runs, relative to the job file; the command line's `--out` goes before."""
    publish_to: str | None = None
    """A folder on another file system, such as `hdfs:///ringwatch`, that gets each run too."""
    engine: Literal["local", "spark"] = "local"
    """`local`, or `spark`; the answer does not depend on it."""
    memory: str = "4GB"
    """The most memory to take before tables and rows spill to disk."""
    threads: int | None = None
    """Processors to use; all by default. The answer does not depend on it."""
    seed: int = 0
    """The seed of every random choice."""
    joint_within_seconds: float = 600.0
    """The window in which members' acts count as joint when clusters are measured."""
    decoy: bool = False
    """Run the job a second time on acts dealt anew, and tell what is flagged there by chance."""
    other_days: bool = False
    """Look for each cluster on every second day, and tell how it does on the days between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSettings:
    """The `[seeds]` section: files with accounts judged before."""

    bad: Path | None = None
    good: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectJob:
    """All that a detection run is told."""

    job: JobSettings
    spark: SparkSettings
    extract: ExtractSpec
    accounts: AccountsSpec | None
    seeds: SeedSettings
    detectors: tuple[Detector[Any], ...]
    cluster: ClusterSettings
    flags: FlagSettings
    card: Scorecard
    """What judges a cluster's expected precision: the card of `[flags] scorecard`."""
    given: Mapping[str, Any]
    """The job file as it was written, for the manifest."""

    def settings(self) -> dict[str, Any]:
        """What shapes the answer, defaults filled in: equal settings, equal answer."""
        return {
            "seed": self.job.seed,
            "joint_within_seconds": self.job.joint_within_seconds,
            # Only where it is asked for, so that runs without keep their names.
            **{name: True for name in ("decoy", "other_days") if getattr(self.job, name)},
            "cluster": asdict(self.cluster),
            # What the card says, and not where it lies: a card that was taught again is another.
            "flags": {**asdict(self.flags), "scorecard": card_digest(self.card)},
            "detectors": {each.name: asdict(each.settings) for each in self.detectors},
            "extract": self.given.get("extract", {}),
            "accounts": self.given.get("accounts", {}),
        }


def read_job(path: Path) -> DetectJob:
    """The job file as a value; paths in it are relative to the file.

    Raises:
        ConfigError: the file cannot be read, is no TOML, or names what is not there.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"cannot read the job file `{path}`: {error.strerror}"
        raise ConfigError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"`{path}` is no TOML: {error}"
        raise ConfigError(message) from error
    return job_from(given, base=path.parent)


def job_from(given: Mapping[str, Any], *, base: Path) -> DetectJob:
    """The job that a TOML text's value describes.

    Args:
        given: the sections as `tomllib` gives them.
        base: the folder that relative paths start from.

    Raises:
        ConfigError: a section, key or name is unknown (the nearest known one is named), a value
            is of another type, the extract is missing, or the scorecard cannot be used.
    """
    for section, value in given.items():
        if section not in _SECTIONS:
            raise ConfigError(unknown(section, _SECTIONS, what="section", place="the job file"))
        _check_section(section, value)
    if "extract" not in given:
        message = "the job file has no [extract]; say which tables to read, see docs/extracts.md"
        raise ConfigError(message)
    job = tuned(JobSettings(), given.get("job", {}), of="job")
    flags = tuned(FlagSettings(), given.get("flags", {}), of="flags")
    cluster = tuned(ClusterSettings(), given.get("cluster", {}), of="cluster")
    if job.seed < 0:
        message = f"`seed` in [job] is 0 or more, not {job.seed}"
        raise ConfigError(message)
    _within_one("flags", least_belonging=flags.least_belonging)
    if flags.also_in_partners < 1:
        message = f"`also_in_partners` in [flags] is 1 or more, not {flags.also_in_partners}"
        raise ConfigError(message)
    _within_one("cluster", piece_share=cluster.piece_share, recruit_share=cluster.recruit_share)
    extract = extract_spec(given["extract"], base=base)
    accounts = accounts_spec(given["accounts"], base=base) if "accounts" in given else None
    if accounts is not None and accounts.table.name in {table.name for table in extract.tables}:
        message = (
            f"a table of [extract] and that of [accounts] are both called `{accounts.table.name}`;"
            " give one another `name`, for the accounting tells them apart by it"
        )
        raise ConfigError(message)
    return DetectJob(
        job=job,
        spark=spark_settings(given.get("spark", {})),
        extract=extract,
        accounts=accounts,
        seeds=_seeds(given.get("seeds", {}), base),
        detectors=_detectors(given.get("detectors", {})),
        cluster=cluster,
        flags=flags,
        card=scorecard_of(flags, base=base),
        given=_as_json(given),
    )


def _within_one(section: str, **shares: float) -> None:
    for name, share in shares.items():
        if not 0 <= share <= 1 or (share == 0 and name.endswith("_share")):
            message = f"`{name}` in [{section}] is a share above 0 and at most 1, not {share}"
            raise ConfigError(message)


def _as_json(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    """What was given, as a run's manifest can keep it: TOML has dates, and JSON has none."""
    if isinstance(value, Mapping):
        return {name: _as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _check_section(name: str, value: object) -> None:
    if not isinstance(value, Mapping):
        message = f"`{name}` is a section, written `[{name}]`, not the value `{value}`"
        raise ConfigError(message)


def _seeds(given: Mapping[str, Any], base: Path) -> SeedSettings:
    for name, value in given.items():
        if name not in ("bad", "good"):
            raise ConfigError(unknown(name, ("bad", "good"), what="setting", place="[seeds]"))
        if not isinstance(value, str):
            message = f"`{name}` in [seeds] is a file's path, not `{value}`"
            raise ConfigError(message)
    return SeedSettings(**{name: base / value for name, value in given.items()})


def _detectors(given: Mapping[str, Any]) -> tuple[Detector[Any], ...]:
    """Every detector that runs unless it is switched off, or that the job switches on, tuned."""
    for name in given:
        if name not in DETECTORS:
            raise ConfigError(unknown(name, DETECTORS, what="detector", place="[detectors]"))
    chosen = []
    for name, detector in DETECTORS.items():
        _check_section(f"detectors.{name}", given.get(name, {}))
        changes = dict(given.get(name, {}))
        enabled = changes.pop("enabled", detector.enabled)
        if not isinstance(enabled, bool):
            message = f"`enabled` in [detectors.{name}] is true or false, not `{enabled}`"
            raise ConfigError(message)
        if enabled:
            chosen.append(detector.tuned(changes))
    if not chosen:
        message = "every detector is switched off; leave at least one enabled"
        raise ConfigError(message)
    return tuple(chosen)
