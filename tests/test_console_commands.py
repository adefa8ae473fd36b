"""The command line as a whole: help, documents, exit codes, completion, start-up."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app
from console.commands import COMMANDS
from console.late import command_of
from graph import errors

DOCS = Path(__file__).parents[1] / "docs" / "command-line.md"
NAMES = [entry.name for entry in COMMANDS]


def ringwatch(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


def in_a_process(*args, **environment):
    """The command as a shell calls it, with its own interpreter."""
    script = "from console.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *args],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, **environment},
        timeout=120,
    )


@pytest.fixture(scope="module")
def out(ring_file, tmp_path_factory):
    """A folder with a run that has a decided cluster."""
    folder = tmp_path_factory.mktemp("commands")
    told = ["--account", "who", "--object", "what", "--time", "ts", "--content", "post", "--quiet"]
    assert ringwatch("detect", ring_file, *told, "--out", folder).exit_code == 0
    decided = ringwatch("decide", "#1", "confirmed", "--reason", "in step", "--out", folder)
    assert decided.exit_code == 0, decided.stderr
    return folder


def test_the_help_lists_every_command_with_its_first_sentence():
    text = ringwatch("--help").stdout

    for entry in COMMANDS:
        assert re.search(rf"^  {entry.name} +{re.escape(entry.says[:40])}", text, re.MULTILINE)


@pytest.mark.parametrize("entry", COMMANDS, ids=NAMES)
def test_the_list_says_what_the_command_itself_says(entry):
    module = importlib.import_module(f"console.commands.{entry.module}")

    assert getattr(module, entry.function).__doc__.splitlines()[0] == entry.says
    assert ringwatch(entry.name, "--help").exit_code == 0


@pytest.mark.parametrize("entry", COMMANDS, ids=NAMES)
def test_every_command_is_documented_with_an_example_and_every_option(entry):
    text = DOCS.read_text()
    heading = re.search(rf"^## .*`ringwatch {entry.name}\b", text, re.MULTILINE)

    assert heading, f"docs/command-line.md has no section on `ringwatch {entry.name}`"
    section = text[heading.start() :].split("\n## ")[0]
    assert f"$ ringwatch {entry.name}" in section
    options = {option for one in command_of(entry).params for option in one.opts}
    missing = {one for one in options if one.startswith("--") and f"`{one}" not in section}
    assert missing <= SHARED, f"`ringwatch {entry.name}` has undocumented {missing - SHARED}"


SHARED = {"--out", "--run", "--json", "--memory", "--threads", "--quiet", "--by", "--help"}
"""Documented once, for all commands."""


def test_options_that_commands_share_are_documented_once():
    text = DOCS.read_text().split("## Exit codes")[0]

    assert {one for one in SHARED if f"`{one}`" not in text} == set()


def test_every_exit_code_is_documented_with_its_meaning():
    section = DOCS.read_text().split("## Exit codes")[1].split("\n## ")[0]
    classes = [one for one in vars(errors).values() if isinstance(one, type)]

    for code in {one.exit_code for one in classes} | {0, 1, 130}:
        assert f"| {code} |" in section


@pytest.mark.parametrize(
    "command",
    [
        ["clusters"],
        ["show", "#1"],
        ["account", "ring-0"],
        ["expand", "ring-0"],
        ["near"],
        ["runs"],
        ["runs", "--verify"],
        ["doctor"],
    ],
    ids=lambda command: " ".join(command),
)
def test_what_is_read_can_be_had_as_json_and_as_text(out, command):
    as_json = ringwatch(*command, "--out", out, "--json")
    as_text = ringwatch(*command, "--out", out)

    assert (as_json.exit_code, as_text.exit_code) == (0, 0), as_json.stderr + as_text.stderr
    assert json.loads(as_json.stdout)
    assert as_json.stdout.isascii()
    assert as_text.stdout.strip()


def test_a_confirmed_cluster_leaves_as_a_list_and_as_pages(out, tmp_path):
    exported = ringwatch(
        "export", tmp_path / "ring.csv", "--purpose", "a test", "--out", out, "--json"
    )
    pages = ringwatch("report", tmp_path / "pages", "--out", out, "--json")

    assert json.loads(exported.stdout)["rows"] == 6, exported.stderr
    assert Path(json.loads(pages.stdout)["index"]).is_file(), pages.stderr


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        (["shov"], 2, "Did you mean 'show'?"),
        (["show"], 2, "Missing argument"),
        (["clusters", "--limit", "many"], 2, "'--limit'"),
        (["clusters", "--sort", "plase"], 2, "did you mean `place`?"),
        (["clusters", "--state", "confirmd"], 2, "did you mean `confirmed`?"),
        (["clusters", "--run", "nothing"], 2, "no run is named `nothing`"),
        (["show", "#99"], 2, "#99"),
        (["show", "ring-00"], 2, "ring-0"),
        (["account", "rin-0"], 2, "ring-0"),
        (["decide", "#1", "guilty", "--reason", "x"], 2, "guilty"),
        (["export", "x.xlsx", "--purpose", "x"], 2, "xlsx"),
        (["config", "hide"], 2, "show"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else None,
)
def test_a_wrong_command_says_what_is_wrong_and_gives_its_code(out, command, code, says):
    wants_out = command[0] not in ("shov", "config")

    result = ringwatch(*command, *(["--out", out] if wants_out else []))

    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr


def test_hostile_names_are_escaped_in_errors(out):
    result = ringwatch("show", "\x1b]0;owned\x07\u202e", "--out", out)

    assert result.exit_code == 2
    assert not {"\x1b", "\x07", "\u202e"} & set(result.stderr)


def test_a_damaged_run_has_a_code_of_its_own(out, tmp_path):
    damaged = tmp_path / "damaged"
    shutil.copytree(out, damaged)
    [clusters] = damaged.glob("runs/*/clusters.parquet")
    clusters.write_bytes(clusters.read_bytes()[:-8])

    result = ringwatch("clusters", "--out", damaged)

    assert result.exit_code == 6
    assert "clusters.parquet" in result.stderr
    assert ringwatch("doctor", "--out", damaged).exit_code == 1


def test_a_failure_nobody_foresaw_is_told_as_such(out, monkeypatch):
    def broken(*_: object, **__: object):
        raise ValueError("\x1b[31mbroken")

    monkeypatch.setattr("console.commands.clusters.list_clusters", broken)

    result = ringwatch("clusters", "--out", out)

    assert result.exit_code == 1
    assert "this should not happen" in result.stderr
    assert "\x1b" not in result.stderr


def test_the_help_comes_without_loading_what_only_commands_need():
    heavy = {"numpy", "pandas", "pyarrow", "duckdb", "numba", "sqlalchemy", "igraph", "rich"}
    script = (
        "import sys; from console.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: print(*sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert not heavy & set(done.stdout.split())


def test_it_says_its_version():
    assert re.fullmatch(r"ringwatch \d+\.\d+\.\d+\n", ringwatch("--version").stdout)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("ringwatch clu", ["clusters"]), ("ringwatch detect --quar", ["--quarantine-share"])],
)
def test_a_shell_completes_commands_and_options(typed, offered):
    done = subprocess.run(
        [sys.executable, "-c", "from console.cli import app; app(prog_name='ringwatch')"],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "_RINGWATCH_COMPLETE": "complete_bash",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(typed.count(" ")),
        },
    )

    assert done.stdout.split() == offered


def test_a_reader_of_a_pipe_may_stop_reading(out):
    script = "from console.cli import main; main()"
    command = f"{sys.executable} -c '{script}' show '#1' --out {out} --json | head -c 1; "
    done = subprocess.run(
        ["bash", "-c", command + "exit ${PIPESTATUS[0]}"], capture_output=True, text=True
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "{", "")


def test_data_goes_to_stdout_and_progress_to_stderr(ring_file, tmp_path):
    told = ["--account", "who", "--object", "what", "--time", "ts", "--out", str(tmp_path)]

    done = in_a_process("detect", str(ring_file), *told, "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["matching"] == 1
    assert re.search(r"^\[ +\d+\.\d s\] read: read the extract$", done.stderr, re.MULTILINE)


def test_quiet_says_nothing_of_progress(ring_file, tmp_path):
    told = ["--account", "who", "--object", "what", "--time", "ts", "--time-unit", "s"]

    result = ringwatch("detect", ring_file, *told, "--format", "csv", "--out", tmp_path, "--quiet")

    assert (result.exit_code, result.stderr) == (0, "")


def test_config_show_tells_where_each_value_comes_from(tmp_path):
    job = tmp_path / "job.toml"
    job.write_text(
        '[job]\nname = "x"\n[detectors.copied-text]\nenabled = false\nlikeness = 0.9\n'
        '[[extract.tables]]\nname = "t"\npath = "x.csv"\ntime_unit = "s"\n'
        '[extract.tables.map]\naccount = "a"\nobject = "o"\nacted_at = "t"\n'
    )

    shown = json.loads(ringwatch("config", "show", job, "--json").stdout)

    rows = {row["setting"]: row for row in shown["sections"]["detectors.copied-text"]}
    assert (rows["likeness"]["value"], rows["likeness"]["default"]) == (0.9, 0.8)
    assert (rows["likeness"]["from"], rows["hub_accounts"]["from"]) == (str(job), "default")
    assert shown["detectors"]["copied-text"]["enabled"] is False
    assert "switched off" in ringwatch("config", "show", job).stdout
    assert json.loads(ringwatch("config", "show", "--json").stdout)["job"] is None


def test_inspect_profiles_and_suggests_a_job_that_runs_dry(ring_file, tmp_path):
    text = ring_file.read_text().replace("who,what,ts,post", "user_id,url,created_at,like_id")
    (tmp_path / "likes.csv").write_text(text)
    job = tmp_path / "job.toml"

    profiled = ringwatch("inspect", tmp_path / "likes.csv", "--job", job)
    again = ringwatch("inspect", tmp_path / "likes.csv", "--job", job)
    dry = ringwatch("detect", job, "--dry-run", "--json")

    assert "account" in profiled.stdout and "time in s" in profiled.stdout
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)
    assert json.loads(dry.stdout)["sampled_rows"] == 3180, dry.stderr


def test_inspect_gives_its_findings_as_json(ring_file):
    told = json.loads(ringwatch("inspect", ring_file, "--rows", 100, "--json").stdout)

    assert [column["name"] for column in told["columns"]] == ["who", "what", "ts", "post"]
    assert told["rows_sampled"] == 100
    assert "[[extract.tables]]" in told["suggested_job"]


@pytest.mark.parametrize("told", [["--master", "local[1]"], ["--spark", "spark.a=b"]])
def test_inspect_hears_of_spark_only_where_it_is_the_engine(ring_file, told):
    refused = ringwatch("inspect", ring_file, *told)

    assert refused.exit_code == 2
    assert "`--master`, `--scratch` and `--spark` go with `--engine spark`" in refused.stderr
    assert ringwatch("inspect", ring_file, "--engine", "duck").exit_code == 2
