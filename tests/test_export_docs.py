"""The pages on exports and reports: their commands run, on a run that was published."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from graph.schemas import RUN_TABLES
from review.export.manifest import ExportManifest
from review.publish import RunFacts, RunWriter
from review.store import Store

pytestmark = pytest.mark.local_only

ROOT = Path(__file__).parents[1]


@pytest.fixture
def published(engine, table, tmp_path):
    """A folder with one published run and a store in which its cluster is confirmed."""
    given = {
        "clusters": "cluster | place | score | accounts | says\na | 1 | 0.9 | 2 | alike",
        "members": "cluster | account | role | pagerank\na | a | core | 0.5\na | b | core | 0.5",
        "edges": "src | dst | layer | weight\na | b | links | 2",
    }
    with RunWriter.open(tmp_path / "out", "first", created_at=5) as writer:
        for name, schema in RUN_TABLES.items():
            writer.add(table(engine, schema, given.get(name, schema.names[0])), name)
        run = writer.publish(RunFacts(job="links", input={"fingerprint": "9f2c"}))
    with Store.open(tmp_path / "out" / "review.sqlite") as store:
        store.import_run(run)
        store.decide("first", "a", "confirmed", reason="same vendor", by="j.doe")
    return tmp_path


def test_the_commands_on_exports_run(published):
    shown = run_page("exports.md", published)

    assert shown == "2 1 ('j.doe',) {}\n"
    assert sorted(path.name for path in published.glob("*.manifest.json")) == [
        "confirmed.csv.manifest.json",
        "confirmed.parquet.manifest.json",
        *(
            f"edges.{suffix}.manifest.json"
            for suffix in ("csv", "gexf", "graphml", "jsonl", "parquet")
        ),
    ]
    assert (published / "edges.csv").read_text().splitlines()[1].startswith("a,b,2,links")


def test_the_commands_on_reports_run(published):
    shown = run_page("reports.md", published)

    assert shown == "reports/index.html\n"
    assert (published / "reports" / "cluster-0001.html").is_file()
    assert "Cluster <bdi>a</bdi>" in (published / "one.html").read_text()


def test_every_field_of_a_manifest_is_explained():
    page = (ROOT / "docs" / "exports.md").read_text()
    assert [f.name for f in fields(ExportManifest) if f"`{f.name}`" not in page] == []


def run_page(page, folder):
    text = (ROOT / "docs" / page).read_text()
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
