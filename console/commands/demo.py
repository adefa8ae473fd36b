"""`ringwatch demo`: a simulated platform, its clusters, and how they compare with the truth."""

from __future__ import annotations

import json as json_text
import shlex
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from builders.simulation.spec import SimulationSpec
from builders.simulation.truth import read_truth
from console.commands.hive_demo import detect_on_hive
from console.commands.simulate import simulated
from console.options import AsJson, Quiet, Threads
from console.output import write_json, write_line, write_table
from console.pages import write_pages
from console.place import opened
from console.progress import shown_progress
from console.told import told, write_told
from graph.errors import ConfigError, RingwatchError
from jobs.config import read_job
from jobs.detect import Detected
from jobs.detect import detect as run_job
from jobs.judge import Judgement, OfKind, judge
from review.run import Run, open_run
from review.sameness import Comparison, compare

EXTRACT = "extract"
RUNS = "runs"
PAGES = "report"
CATALOGUE = "hive"
FIRST = 10

COLUMNS = {
    "kind": "kind",
    "groups": "planted",
    "found": "found",
    "accounts": "accounts",
    "named": "named",
    "share": "share named",
}


def demo(
    out: Annotated[Path, typer.Option(help="A folder for the extract, the runs and the pages.")],
    interactions: Annotated[
        int, typer.Option("--interactions", "-n", min=1, help="How many, 100,000 and more.")
    ] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Another seed gives another platform.")] = 1,
    engine: Annotated[
        Literal["local", "spark"],
        typer.Option(help="Where to detect; `spark` reads the platform as Hive tables."),
    ] = "local",
    against: Annotated[
        Path | None,
        typer.Option(help="The folder of another demo, whose run must say the same."),
    ] = None,
    threads: Threads = None,
    quiet: Quiet = False,
    json: AsJson = False,
) -> None:
    """Simulate a platform, find its rings, and compare with the truth."""
    began = time.monotonic()
    spec = SimulationSpec(interactions=interactions, seed=seed)
    _simulate_once(spec, out / EXTRACT, threads=threads, quiet=quiet)
    done = (
        detect_on_hive(out / EXTRACT, out / RUNS, catalogue=out / CATALOGUE, quiet=quiet)
        if engine == "spark"
        else _detect(out, quiet=quiet)
    )
    compared = _compared(done.run, against) if against is not None else None
    with opened(out / RUNS, done.run.name) as place:
        tale = told(place, top=FIRST)
        pages = write_pages(place, out / PAGES, top=20)
        judged = judge(place.run, read_truth(out / EXTRACT), place.engine, first=FIRST)
    seconds = time.monotonic() - began
    if json:
        write_json(
            {
                **tale,
                "already": done.already,
                "report": str(pages[0]),
                "truth": _as_json(judged),
                **({"against": asdict(compared)} if compared is not None else {}),
                "seconds": round(seconds, 1),
            }
        )
        return
    write_told(tale)
    _write_judgement(judged)
    if compared is not None:
        _write_comparison(compared, against)
    _write_end(out, pages[0], seconds)


def _simulate_once(spec: SimulationSpec, folder: Path, *, threads: int | None, quiet: bool) -> None:
    """Simulate, unless the platform of the same spec stands there already."""
    about = folder / "simulation.json"
    if not about.exists():
        simulated(spec, folder, threads=threads, quiet=quiet)
        return
    found = json_text.loads(about.read_text(encoding="utf-8"))["spec"]
    if found != json_text.loads(json_text.dumps(spec.as_dict())):
        message = (
            f"`{folder}` holds another platform ({found['interactions']:,} interactions, seed"
            f" {found['seed']}); name another `--out`, or ask for the same"
        )
        raise ConfigError(message)


def _detect(out: Path, *, quiet: bool) -> Detected:
    with shown_progress(quiet=quiet) as said:
        return run_job(read_job(out / EXTRACT / "job.toml"), out / RUNS, progress=said)


def _compared(run: Run, against: Path) -> Comparison:
    """The run held against that of another demo over the same platform.

    Raises:
        RingwatchError: the two differ.
    """
    # The files of a Hive table have names of their own in the accounting.
    found = compare(open_run(against / RUNS), run, without=("reading",))
    if not found.same:
        name, what = next(iter(found.differing.items()))
        message = f"the run differs from that in `{against}`: table `{name}`, {what}"
        raise RingwatchError(message)
    return found


def _write_comparison(found: Comparison, against: Path | None) -> None:
    equal = f"; within 1e-9: {', '.join(found.equal)}" if found.equal else ""
    write_line("")
    write_line(
        f"The same answer as in {against}: byte for byte {', '.join(found.identical)}{equal}",
        style="bold",
    )


def _write_judgement(judged: Judgement) -> None:
    write_line("")
    write_line("Against what was planted, which no detector reads:", style="bold")
    _write_kinds("Rings (found: a cluster and the ring share at least half of each)", judged.rings)
    _write_kinds("Innocent look-alikes (better left alone)", judged.look_alikes)
    write_line(
        f"precision {judged.precision:.1%}: of {judged.named:,} accounts in {judged.clusters:,}"
        f" clusters, {judged.named_in_rings:,} are in a ring"
    )
    write_line(f"recall    {judged.recall:.1%} of {judged.ring_accounts:,} ring accounts")
    write_line(f"of the first {judged.first} clusters, {judged.first_rings} are rings")
    write_line(
        "L4 and L5 act hours apart on what others act on anyway: they are the hard cases.",
        style="dim",
    )


def _write_kinds(title: str, kinds: tuple[OfKind, ...]) -> None:
    write_table(title, COLUMNS, [_row(one) for one in kinds])


def _row(one: OfKind) -> dict[str, Any]:
    return {**asdict(one), "share": f"{one.recall:.0%}"}


def _as_json(judged: Judgement) -> dict[str, Any]:
    return {
        **asdict(judged),
        "precision": round(judged.precision, 4),
        "recall": round(judged.recall, 4),
    }


def _write_end(out: Path, page: Path, seconds: float) -> None:
    runs = shlex.quote(str(out / RUNS))
    write_line("")
    write_line(f"took {seconds:.1f} s; the pages open offline: {page}", style="bold")
    write_line("Next:", style="bold")
    write_line(f"  ringwatch serve --out {runs}")
    write_line(f"  ringwatch show '#1' --out {runs}")
    write_line(f"  ringwatch clusters --out {runs} --sort accounts")
    write_line(f"  ringwatch decide '#1' confirmed --reason 'as planted' --out {runs}")
    write_line(f"  ringwatch export rings.csv --purpose 'trying it' --out {runs}")
