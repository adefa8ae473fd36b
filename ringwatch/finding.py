"""From nothing to an extract, from an extract to a look at its columns or to a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from builders.profile import profile
from builders.simulation.simulate import Simulated
from builders.simulation.simulate import simulate as write_platform
from builders.simulation.spec import Format, SimulationSpec
from console.options import DEFAULT_OUT
from console.progress import shown_progress
from graph.errors import ConfigError
from jobs.config import DetectJob, job_from
from jobs.detect import detect as run_job
from jobs.quick import Changes, QuickTable, changed, changed_job, quick_job
from ringwatch.frames import frame
from ringwatch.heard import Heard, told_ones
from ringwatch.run import Run

if TYPE_CHECKING:
    import pandas as pd


def simulate(
    folder: str | Path,
    *,
    interactions: int = 1_000_000,
    days: int = 14,
    seed: int = 1,
    format: Format = "parquet",
    threads: int | None = None,
) -> Simulated:
    """Write a simulated platform with planted rings into a new folder: extract, job file, truth.

    The answer's `job` is the job file to give to `detect`. The same seed gives the same bytes.

    Raises:
        ConfigError: the folder is not empty, or a number is out of its range.
    """
    spec = SimulationSpec(interactions=interactions, days=days, seed=seed, format=format)
    return write_platform(spec, Path(folder), threads=threads)


def inspect(path: str | Path) -> pd.DataFrame:
    """A row a column of an extract, by a sample: type, nulls, samples, what it seems to mean.

    How far the sample went stands in `attrs["says"]`, what it met in `attrs["notes"]`.

    Raises:
        ExtractError: nothing can be read there.
    """
    found = profile(Path(path))
    names = ("name", "type", "null_share", "distinct_estimate", "guess", "unit", "because")
    rows = [{name: getattr(column, name) for name in names} for column in found.columns]
    for row, column in zip(rows, found.columns, strict=True):
        row["samples"] = ", ".join(column.samples)
        row["warnings"] = "; ".join(column.warnings)
    columns = frame(pa.Table.from_pylist(rows))
    columns.attrs.update(says=found.says, notes=list(found.notes))
    return columns


def detect(
    job: str | Path | Mapping[str, Any],
    *,
    account: str | None = None,
    object: str | None = None,
    time: str | None = None,
    action: str | None = None,
    text: str | None = None,
    content: str | None = None,
    object_kind: str | None = None,
    owner: str | None = None,
    platform: str | None = None,
    attributes: Mapping[str, str] | None = None,
    accounts: str | Path | None = None,
    created_at: str | None = None,
    time_unit: str | None = None,
    time_zone: str | None = None,
    format: str | None = None,
    columns: str | None = None,
    delimiter: str | None = None,
    where: str | None = None,
    row_where: str | None = None,
    out: str | Path | None = None,
    memory: str | None = None,
    threads: int | None = None,
    seed: int | None = None,
    quarantine_share: float | None = None,
    detectors: Sequence[str] = (),
    scorecard: str | Path | None = None,
    decoy: bool = False,
    seeds: str | Path | None = None,
    good_seeds: str | Path | None = None,
    quiet: bool = False,
) -> Run:
    """Find coordinated clusters in an extract, and publish a run; as `ringwatch detect`.

    The same job over the same input is the same run: it is found, not made again.

    Args:
        job: a job file (.toml), its sections as a mapping, or an extract: a file or a folder.
        account: with an extract, the column of who acted or a SQL expression, as those below.
        object: what was acted on.
        time: when.
        action: what was done.
        text: the post's words.
        content: the account's own post.
        object_kind: the kind of object.
        owner: the account that the object belongs to.
        platform: the platform.
        attributes: carried attribute to column, such as `{"device": "device_id"}`.
        accounts: a table of accounts: `account`, `name`, `created_at`, ...
        created_at: the column of when the account of a row was made, without such a table.
        time_unit: `s`, `ms`, `us`, `ns`, `iso` or a format with `%`; else told from a sample.
        time_zone: the zone of times that name none.
        format: `parquet`, `orc`, `text`, `csv`, `tsv`, `jsonl`; else by the files.
        columns: the columns of files without a header, comma separated.
        delimiter: what divides fields.
        where: SQL over partition columns; other files are not opened.
        row_where: SQL over columns; other rows hold no interaction.
        out: the folder of runs; else the job's own, else `out`.
        memory: the most memory that tables may take before they spill, as `4GB`.
        threads: processors to use; the answer does not depend on it.
        seed: the seed of every random choice.
        quarantine_share: the share of rows, 0 to 1, that may be set aside.
        detectors: only these.
        scorecard: a card that `ringwatch train` wrote, in place of the shipped one.
        decoy: run a second time on acts dealt anew, and tell what is flagged there by chance.
        seeds: a list of known-bad accounts.
        good_seeds: a list of known-good accounts.
        quiet: say nothing of the progress on stderr.

    Raises:
        ConfigError: the job asks for what is not there.
        ExtractError: the extract cannot be read, or too much of it was set aside.
        StoreError: the folder of runs refused.
    """
    told = {
        "account": account,
        "object": object,
        "acted_at": time,
        "action": action,
        "text": text,
        "content": content,
        "object_kind": object_kind,
        "owner": owner,
        "platform": platform,
    }
    reading = {
        "time_unit": time_unit,
        "time_zone": time_zone,
        "format": format,
        "columns": columns,
        "delimiter": delimiter,
        "where": where,
        "row_where": row_where,
    }
    changes = Changes(
        memory=memory,
        threads=threads,
        seed=seed,
        quarantine_share=quarantine_share,
        detectors=tuple(detectors),
        scorecard=_path(scorecard),
        decoy=decoy or None,
        bad_seeds=_path(seeds),
        good_seeds=_path(good_seeds),
    )
    with shown_progress(quiet=quiet) as watching:
        heard = Heard(watching)
        table = {"mapping": told_ones(told), "attributes": dict(attributes or {})}
        made = {"accounts": _path(accounts), "created_at": created_at}
        rest = {**made, "reading": told_ones(reading)}
        planned = _job(job, {**table, **rest}, changes, heard)
        folder = _out(out, planned, job)
        done = run_job(planned, folder, progress=heard)
    return Run(folder, done.run, already=done.already, notes=tuple(heard.notes))


def _job(
    given: str | Path | Mapping[str, Any], table: dict[str, Any], changes: Changes, heard: Heard
) -> DetectJob:
    is_job = isinstance(given, Mapping) or Path(given).suffix == ".toml"
    if is_job and any(table.values()):
        beside = ", ".join(f"`{name}`" for name, value in table.items() if value)
        message = f"{beside} goes with an extract, not with a job: write it in the job"
        raise ConfigError(message)
    if isinstance(given, Mapping):
        return job_from(changed(given, changes), base=Path())
    if is_job:
        return changed_job(Path(given), changes)
    made_of = QuickTable(path=Path(given), **table)
    return quick_job(made_of, changes, said=lambda assumed: heard.note(f"assumed: {assumed}"))


def _out(out: str | Path | None, job: DetectJob, given: object) -> Path:
    if out is not None:
        return Path(out)
    if job.job.out is None:
        return DEFAULT_OUT
    base = Path(given).parent if isinstance(given, str | Path) else Path()
    return base / job.job.out


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)
