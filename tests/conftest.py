"""Fixtures: an engine, a table written as text, and the shared conformance material."""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import settings

from builders.simulation.simulate import simulate
from builders.simulation.spec import SimulationSpec
from builders.simulation.truth import read_truth
from graph.engine import Engine
from graph.engines import open_engine
from graph.engines.spark.few import FEW
from graph.engines.spark.few import SETTING as FEW_ROWS
from graph.schema import Column, Schema
from graph.schemas import ACCOUNTS, INTERACTIONS
from graph.table import Table
from jobs.config import DetectJob, job_from
from jobs.detect import detect
from review.run import Run
from tests.hdfs_services import hdfs as hdfs
from tests.hdfs_services import hdfs_place as hdfs_place
from tests.hive_services import hive as hive

# The quick compiler alone has room for 48 MB of code, which a suite fills; what it threw out was
# compiled again and again.
_JVM_IN_TESTS = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"
SPARK_IN_TESTS = {
    "spark.sql.shuffle.partitions": "3",
    # Queries over a few rows: compiling them takes longer than running them.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": _JVM_IN_TESTS,
    "spark.executor.extraJavaOptions": _JVM_IN_TESTS,
    "spark.sql.adaptive.enabled": "false",
    # Every query is planned as over many rows, with its shuffles.
    FEW_ROWS: "0",
}
SPARK_IN_SMALL_JOBS = {**SPARK_IN_TESTS, FEW_ROWS: str(FEW)}


@pytest.fixture(scope="session")
def spark_in_tests() -> dict[str, str]:
    """Spark's settings for small tables."""
    return SPARK_IN_TESTS


@pytest.fixture(scope="session")
def spark_in_small_jobs() -> dict[str, str]:
    """The same, with queries over few rows planned as users have it, not as if there were many."""
    return SPARK_IN_SMALL_JOBS


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--screenshots FOLDER`: the tests in a browser keep pictures of the pages they look at."""
    parser.addoption("--screenshots", type=Path, default=None, metavar="FOLDER")


@pytest.fixture(scope="session")
def screenshots(request: pytest.FixtureRequest) -> Path | None:
    """Where pictures of pages are kept, if they are."""
    folder: Path | None = request.config.getoption("screenshots")
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C, which tests press, where whoever started them has it ignored (`nohup`, `&`).

    And no drawn example is too slow: how long one takes is the machine's affair. A suite draws the
    same examples each time, so that what it says is said of the change; `make test-fresh` draws
    others.
    """
    settings.register_profile("same", deadline=None, derandomize=True)
    settings.register_profile("fresh", deadline=None, print_blob=True)
    settings.load_profile(config.getoption("hypothesis_profile") or "same")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for `engine` each engine in turn, or the local one where marked so."""
    chosen = {mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")}
    if "engine" in metafunc.fixturenames and "engine" not in chosen:
        marks = [pytest.mark.spark]
        if metafunc.definition.get_closest_marker("slow_on_spark"):
            marks.append(pytest.mark.slow)
        both = ["local", pytest.param("spark", marks=marks)]
        only = metafunc.definition.get_closest_marker("local_only")
        metafunc.parametrize("engine", both[:1] if only else both, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Each engine in turn: a test that asks for it says what both of them do."""
    opened = _opened(request.param, tmp_path / "spill")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def opening() -> Callable[[str, Path], Engine]:
    """`opening("spark", spill)`: an engine for small tables; whoever asks closes it."""
    return _opened


def _opened(name: str, spill: Path) -> Engine:
    conf = SPARK_IN_TESTS if name == "spark" else {}
    return open_engine(name, memory="2GB", threads=2, spill=spill, spark=conf)


@pytest.fixture
def table() -> Callable[[Engine, Schema, str], Table]:
    """`table(engine, SCHEMA, text)`: rows as text, a `|` between cells, the first line the header.

    Columns that the text leaves out are null if they may be, else '' or 0. `-` is null.
    """
    return _table


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with other tools' answers and real logs."""
    place = Path(os.environ.get("RINGWATCH_SHARED", Path(__file__).parents[1].parent / "shared"))
    if not (place / "conformance").is_dir():
        pytest.fail(
            f"no conformance material at {place}: set RINGWATCH_SHARED to the folder that holds"
            " `conformance/` and `data/`"
        )
    return place


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated platform of 100,000 interactions with one ring of most kinds, and look-alikes."""
    rings = ("copied-comments", "mutual-follow", "mutual-boost", "shared-device", "shared-ip")
    spec = SimulationSpec(
        interactions=100_000,
        days=7,
        seed=7,
        levels={"L0": 1, "L1": 1, "L2": 1},
        rings=dict.fromkeys(rings, 1),
        look_alikes={"classroom": 1, "syndicated-pages": 1, "fan-club": 1},
    )
    return simulate(spec, tmp_path_factory.mktemp("simulated") / "platform").out


@pytest.fixture(scope="session")
def village(platform: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small part of the platform: some rings and 300 other accounts, detected in seconds."""
    folder = tmp_path_factory.mktemp("village")
    rings = read_truth(platform).rings.to_pandas()
    kept = {"copied-comments", "mutual-follow", "shared-device"}
    chosen = set(rings.account[(rings.level == "L2") | rings.kind.isin(kept)])
    accounts = pq.read_table(platform / "accounts.parquet")
    others = [name for name in accounts["account"].to_pylist() if name not in set(rings.account)]
    inhabitants = pa.array(sorted(chosen) + others[:300])
    for path in sorted(platform.glob("*/dt=*/*.parquet")):
        rows = pq.ParquetFile(path).read()
        inside = pc.is_in(rows.column(0), inhabitants)
        target = folder / path.relative_to(platform)
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows.filter(inside), target)
    pq.write_table(accounts, folder / "accounts.parquet")
    shutil.copy(platform / "job.toml", folder)
    return folder


@pytest.fixture(scope="session")
def platform_job() -> Callable[..., DetectJob]:
    """`platform_job(folder, **job)`: the job of a platform, few acts kept behind each edge.

    The names are of `[job]`; `seeds` and `detectors` are sections of their own.
    """
    return _platform_job


@pytest.fixture(scope="session")
def detected(platform: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of every detector over the platform; its folder of runs is `run.path.parents[1]`."""
    out = tmp_path_factory.mktemp("runs")
    return detect(_platform_job(platform, threads=2, memory="2GB"), out).run


@pytest.fixture(scope="session")
def village_run(village: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of every detector over the village."""
    out = tmp_path_factory.mktemp("village-runs")
    return detect(_platform_job(village, threads=2, memory="2GB"), out).run


@pytest.fixture
def small_job(tmp_path: Path) -> Callable[..., DetectJob]:
    """`small_job(interactions, accounts=..., engine=..., **sections)`: a job over rows as dicts.

    It opens an engine of the kind of `engine`, by default a local one.
    """

    def make(
        interactions: Sequence[Mapping[str, Any]],
        accounts: Sequence[Mapping[str, Any]] = (),
        *,
        engine: Engine | None = None,
        **sections: Mapping[str, Any],
    ) -> DetectJob:
        if engine is not None and engine.name == "spark":
            job = {**sections.get("job", {}), "engine": "spark", "threads": 2, "memory": "2GB"}
            sections = {**sections, "job": job, "spark": {"conf": SPARK_IN_SMALL_JOBS}}
        return _small_job(tmp_path, interactions, accounts, sections)

    return make


def _platform_job(
    folder: Path,
    *,
    seeds: Mapping[str, str] | None = None,
    detectors: Mapping[str, Mapping[str, Any]] | None = None,
    **job: Any,
) -> DetectJob:
    given = tomllib.loads((folder / "job.toml").read_text())
    given["job"].update(job)
    given["detectors"] = {"shared-objects": {"acts_per_edge": 5}, **(detectors or {})}
    if seeds is not None:
        given["seeds"] = seeds
    return job_from(given, base=folder)


def _small_job(
    folder: Path,
    interactions: Sequence[Mapping[str, Any]],
    accounts: Sequence[Mapping[str, Any]],
    sections: Mapping[str, Mapping[str, Any]],
) -> DetectJob:
    attributes = sorted({name for row in interactions for name in row} - set(INTERACTIONS.names))
    schema = INTERACTIONS.with_attributes(attributes)
    mapping = {name: name for name in INTERACTIONS.names}
    acts = {"name": "acts", "path": "acts.parquet", "time_unit": "ms", "map": mapping}
    if attributes:
        acts["attributes"] = {name: name for name in attributes}
    given: dict[str, Any] = {"extract": {"tables": [acts]}, **sections}
    _write_rows(folder / "acts.parquet", schema, interactions)
    if accounts:
        _write_rows(folder / "accounts.parquet", ACCOUNTS, accounts)
        named = {name: name for name in ACCOUNTS.names}
        given["accounts"] = {"path": "accounts.parquet", "time_unit": "ms", "map": named}
    return job_from(given, base=folder)


def _write_rows(path: Path, schema: Schema, rows: Sequence[Mapping[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema.arrow), path)


@pytest.fixture(scope="session")
def ring_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV of likes: 400 accounts as they please, and `ring-0` to `ring-5` in step, 20 times."""
    draw = random.Random(7)
    start = 1_767_225_600
    week = 7 * 86_400
    rows = [
        (f"user-{draw.randrange(400):03}", f"post-{int(draw.paretovariate(0.9)) % 250:03}")
        for _ in range(3000)
    ]
    rows += [(f"ring-{member}", f"post-{draw.randrange(250):03}") for member in range(6)] * 10
    timed = [(*row, start + draw.randrange(week)) for row in rows]
    for target in range(20):
        at = start + draw.randrange(week)
        timed += [
            (f"ring-{member}", f"target-{target:02}", at + draw.randrange(20))
            for member in range(6)
        ]
    path = tmp_path_factory.mktemp("ring") / "likes.csv"
    with path.open("w", newline="") as opened:
        lines = csv.writer(opened, lineterminator="\n")
        lines.writerow(["who", "what", "ts", "post"])
        lines.writerows([*row, f"like-{number}"] for number, row in enumerate(timed))
    return path


def _table(engine: Engine, schema: Schema, text: str) -> Table:
    lines = [line for line in (raw.strip() for raw in text.splitlines()) if line]
    header = [cell.strip() for cell in lines[0].split("|")]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines[1:]]
    columns = {
        column.name: [
            _value(column, row[header.index(column.name)] if column.name in header else None)
            for row in rows
        ]
        for column in schema.columns
    }
    return engine.from_arrow(pa.table(columns, schema=schema.arrow), schema)


def _value(column: Column, cell: str | None) -> Any:
    if cell == "-" or (cell is None and column.nullable):
        return None
    if column.type == "VARCHAR":
        return cell or ""
    if column.type == "BIGINT":
        return int(cell or 0)
    if column.type == "BOOLEAN":
        return cell == "true"
    return float(cell or 0)
