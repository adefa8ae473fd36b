"""What each step of a detection costs on Spark: CPU, task seconds, shuffle, written bytes, skew.

    python benchmarks/spark_detect.py --interactions 1000000 --cores 2

Simulates a platform, runs the whole job on `local[cores]` with Spark's event log on, and adds up
its task metrics by step of the job. CPU seconds are those of the whole process tree, the driver
and Python's workers among them; a task's seconds are of the clock: longer on a busy machine. The
rates are what docs/scale.md reckons with.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import threading
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from builders.simulation.simulate import simulate
from builders.simulation.spec import SimulationSpec
from jobs.config import job_from
from jobs.detect import detect


@dataclass
class Step:
    """The tasks of one step of the job."""

    tasks: int = 0
    seconds: float = 0.0
    shuffled: int = 0
    spilled: int = 0
    written: int = 0
    by_stage: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def skew(self) -> float:
        """Of the stage that took longest in all, the longest task over the median one."""
        longest = max(self.by_stage.values(), key=sum, default=[1.0])
        return max(longest) / max(statistics.median(longest), 1e-3)


class Reading:
    """Reads the CPU at each step of the run; Spark's jobs carry the step's name already.

    It looks at the processes twice a second and keeps what each had used when it was last seen:
    what a process that nobody waited for had used is in no total of the system's.
    """

    def __init__(self) -> None:
        """Nothing has begun but the looking."""
        self.cpu: dict[str, float] = {}
        self._before = ("", 0.0)
        self._seen: dict[int, float] = {}
        self._locked = threading.Lock()
        threading.Thread(target=self._look_on, daemon=True).start()

    def _look_on(self) -> None:
        while True:
            self._look()
            time.sleep(0.5)

    def _look(self) -> float:
        with self._locked:
            self._seen |= cpu_seconds(os.getpid())
            return sum(self._seen.values())

    def step(self, name: str, says: str) -> None:
        """A step begins: the jobs that follow are its."""
        last, then = self._before
        now = self._look()
        self.cpu[last] = self.cpu.get(last, 0.0) + now - then
        self._before = (name, now)

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """Nothing."""

    def note(self, says: str) -> None:
        """Nothing."""


def cpu_seconds(root: int) -> dict[int, float]:
    """CPU seconds of a process and of each below it, its own alone, by number."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    below, grew = {root}, True
    while grew:
        found = {number for number, parent in parents.items() if parent in below} - below
        below |= found
        grew = bool(found)
    return {number: used[number] for number in below}


def logged_into(log: Path) -> dict[str, str]:
    """Settings by which Spark writes its event log into a folder, for `measured` to read."""
    return {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": log.as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }


def measured(log: Path) -> dict[str, Step]:
    """The steps of an event log, in the order in which they began."""
    step_of: dict[int, str] = {}
    steps: dict[str, Step] = {}
    for event in _events(log):
        if event["Event"] == "SparkListenerJobStart":
            name = (event.get("Properties") or {}).get("spark.jobGroup.id", "start")
            steps.setdefault(name, Step())
            step_of |= dict.fromkeys(event["Stage IDs"], name)
        elif event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            _add(steps[step_of.get(event["Stage ID"], "start")], event)
    return steps


def _events(log: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(log.rglob("*")):
        if path.is_file() and not path.name.endswith(".crc"):
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    # The log of an application that was ended may break off within a line.
                    if line.startswith("{") and line.endswith("}\n"):
                        yield json.loads(line)


def _add(step: Step, event: dict[str, Any]) -> None:
    metrics = event["Task Metrics"]
    seconds = metrics["Executor Run Time"] / 1000
    step.tasks += 1
    step.seconds += seconds
    step.shuffled += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
    step.spilled += metrics["Disk Bytes Spilled"]
    step.written += metrics["Output Metrics"]["Bytes Written"]
    step.by_stage[event["Stage ID"]].append(seconds)


def main() -> None:
    """Simulate, detect, print."""
    told = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    told.add_argument("--interactions", type=int, default=1_000_000)
    told.add_argument("--cores", type=int, default=2)
    told.add_argument("--memory", default="6GB")
    args = told.parse_args()
    with tempfile.TemporaryDirectory(prefix="ringwatch-bench-") as folder:
        seconds, cpu, steps = _run(Path(folder), args)
    _print(args, seconds, cpu, steps)


def _run(folder: Path, args: argparse.Namespace) -> tuple[float, dict[str, float], dict[str, Step]]:
    extract = simulate(SimulationSpec(interactions=args.interactions, seed=1), folder / "x").out
    given = tomllib.loads((extract / "job.toml").read_text(encoding="utf-8"))
    log = folder / "log"
    log.mkdir()
    given["job"] |= {"engine": "spark", "threads": args.cores, "memory": args.memory}
    given["spark"] = {"conf": logged_into(log)}
    began, listening = time.monotonic(), Reading()
    detect(job_from(given, base=extract), folder / "out", progress=listening)
    listening.step("", "")
    seconds = time.monotonic() - began
    from pyspark.sql import SparkSession

    SparkSession.builder.getOrCreate().stop()
    shutil.rmtree(extract)
    return seconds, listening.cpu, measured(log)


def _print(
    args: argparse.Namespace, seconds: float, cpu: dict[str, float], steps: dict[str, Step]
) -> None:
    import pyspark

    lines = [
        f"Spark {pyspark.__version__}, Python {platform.python_version()}, {platform.machine()},"
        f" local[{args.cores}]; {args.interactions:,} interactions; {seconds:.0f} s in all",
        "",
        "| step | tasks | CPU seconds | CPU us an interaction | task seconds"
        " | shuffle, bytes an interaction | spilled MB | written, bytes an interaction"
        " | longest / median task |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, step in steps.items():
        lines.append(
            f"| {name} | {step.tasks} | {cpu.get(name, 0.0):.1f}"
            f" | {1e6 * cpu.get(name, 0.0) / args.interactions:.1f} | {step.seconds:.1f}"
            f" | {step.shuffled / args.interactions:.0f} | {step.spilled / 1e6:.0f}"
            f" | {step.written / args.interactions:.0f} | {step.skew:.1f} |"
        )
    whole = sum(spent for name, spent in cpu.items() if name)
    lines.append(
        f"| all | {sum(step.tasks for step in steps.values())} | {whole:.1f}"
        f" | {1e6 * whole / args.interactions:.1f}"
        f" | {sum(step.seconds for step in steps.values()):.1f}"
        f" | {sum(step.shuffled for step in steps.values()) / args.interactions:.0f} | | | |"
    )
    print("\n".join(lines))  # noqa: T201 - what the script is for


if __name__ == "__main__":
    main()
