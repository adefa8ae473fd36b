"""The files of an export: formats, the manifest beside them, and disks that refuse."""

import hashlib
import json

import networkx as nx
import pyarrow.parquet as pq
import pytest

from graph.durable import Disk
from graph.errors import ConfigError, StoreError
from review.export.clusters import export_clusters
from review.export.manifest import Purpose, manifest_path, verify_export
from review.whole import whole
from tests.export_runs import MADE, ORIGIN, decisions, files, rows
from tests.export_runs import run as run

pytestmark = pytest.mark.local_only


def test_the_manifest_says_what_where_from_and_who(run, tmp_path):
    out = tmp_path / "list.csv"

    export_clusters(
        run,
        decisions(("b1", "confirmed")),
        out,
        filter="place at most 10",
        only=("b1",),
        origin=ORIGIN,
        purpose=Purpose(says="hand-over to ops", exported_by="k.lee", made_at=MADE),
    )

    manifest = json.loads(manifest_path(out).read_text())
    version = manifest.pop("ringwatch")
    assert isinstance(version, str) and version
    assert manifest == {
        "format_version": 1,
        "file": "list.csv",
        "format": "csv",
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "bytes": len(out.read_bytes()),
        "rows": 3,
        "columns": list(rows(out)[0]),
        "clusters": 1,
        "accounts": 3,
        "run": "links-1",
        "job": "links",
        "settings": {"within_seconds": 60},
        "extract": {"fingerprint": "9f2c"},
        "filter": "place at most 10",
        "decided_by": ["j.doe"],
        "left_out": {},
        "changed": {"cells marked as text": 4},
        "purpose": "hand-over to ops",
        "exported_by": "k.lee",
        "created_at": "2026-03-02T06:00:00Z",
    }


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_every_table_format_holds_the_same_rows(run, tmp_path, format):
    out = tmp_path / f"list.{format}"

    export_clusters(run, decisions(("b1", "confirmed")), out)

    found = rows(out)
    assert [row["account"] for row in found] == ["b1", "b2", "b3"]
    assert {row["decided_by"] for row in found} == {"j.doe"}
    assert verify_export(out).rows == 3


def test_the_format_may_be_given_apart_from_the_name(run, tmp_path):
    out = tmp_path / "list.txt"

    export_clusters(run, decisions(("b1", "confirmed")), out, format="jsonl")

    assert json.loads(out.read_text().splitlines()[0])["account"] == "b1"


@pytest.mark.parametrize(("format", "read"), [("graphml", nx.read_graphml), ("gexf", nx.read_gexf)])
def test_a_network_holds_members_and_the_edges_inside_clusters(run, tmp_path, format, read):
    out = tmp_path / f"list.{format}"
    confirmed = decisions(("b1", "confirmed"), excluded={"b1": ["b2"]})

    manifest = export_clusters(run, confirmed, out, undecided=True)

    network = read(out)
    assert sorted(network) == ["a1", "a2", "b1", "b3", "c1", "c2"]
    assert {frozenset(pair) for pair in network.edges()} == {
        frozenset(("a1", "a2")),
        frozenset(("b1", "b3")),
    }
    assert network.nodes["b3"]["role"] == "bridge"
    assert (manifest.rows, manifest.accounts, manifest.clusters) == (2, 6, 3)


def test_a_csv_may_have_a_lossless_twin(run, tmp_path):
    out = tmp_path / "list.csv"

    export_clusters(run, decisions(("b1", "confirmed")), out, lossless="parquet")

    assert pq.read_table(tmp_path / "list.parquet")["name"].to_pylist() == ["@bob", "Bea", "Ben"]
    assert verify_export(tmp_path / "list.parquet").rows == 3
    assert len(files(tmp_path)) == 4


def test_a_twin_of_what_is_lossless_is_refused(run, tmp_path):
    with pytest.raises(ConfigError, match="a lossless twin goes beside a CSV"):
        export_clusters(
            run, decisions(("b1", "confirmed")), tmp_path / "list.jsonl", lossless="parquet"
        )


def test_the_same_export_has_the_same_bytes(run, tmp_path):
    for name in ("one", "two"):
        export_clusters(
            run,
            decisions(("b1", "confirmed")),
            tmp_path / name / "list.csv",
            origin=ORIGIN,
            purpose=Purpose(made_at=MADE),
        )

    for file in ("list.csv", "list.csv.manifest.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


class FailingDisk(Disk):
    """A disk that refuses its operation number `fails_at`."""

    def __init__(self, fails_at):
        self.left = fails_at

    def _count(self):
        self.left -= 1
        if self.left == 0:
            raise OSError(28, "No space left on device")

    def sync_file(self, path):
        self._count()
        super().sync_file(path)

    def rename(self, source, target):
        self._count()
        super().rename(source, target)

    def sync_folder(self, path):
        self._count()
        super().sync_folder(path)


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4, 5])
def test_a_disk_that_refuses_leaves_no_half_of_a_new_export(tmp_path, fails_at):
    paths = (tmp_path / "list.csv", tmp_path / "list.csv.manifest.json")

    with (
        pytest.raises(StoreError, match=r"`.*list.csv` was not written: No space left"),
        whole(*paths, disk=FailingDisk(fails_at)) as parts,
    ):
        for part in parts:
            part.write_text("new")

    assert files(tmp_path) == []


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4, 5])
def test_a_disk_that_refuses_never_leaves_a_false_manifest(tmp_path, fails_at):
    paths = (tmp_path / "list.csv", tmp_path / "list.csv.manifest.json")
    for path in paths:
        path.write_text("old")

    with (
        pytest.raises(StoreError),
        whole(*paths, disk=FailingDisk(fails_at)) as parts,
    ):
        for part in parts:
            part.write_text("new")

    left = {path: path.read_text() for path in paths if path.exists()}
    assert paths[0] in left
    assert len(set(left.values())) == 1


def test_a_failure_while_writing_leaves_the_old_export_and_no_trace(run, tmp_path, monkeypatch):
    out = tmp_path / "list.csv"
    export_clusters(run, decisions(("b1", "confirmed")), out)
    before = {path: path.read_bytes() for path in files(tmp_path)}

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("review.export.csv.write_text", refuse)
    with pytest.raises(StoreError, match="No space left on device"):
        export_clusters(run, decisions(("a1", "confirmed")), out)

    assert {path: path.read_bytes() for path in files(tmp_path)} == before
