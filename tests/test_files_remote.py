"""Extracts on another file system: an object store that answers as S3 does, on this machine."""

import itertools
import logging
import time

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from builders.extracts.estimate import estimate
from builders.extracts.read import OverBudget, read_extract
from builders.extracts.survey import survey
from builders.extracts.toml import extract_spec
from builders.files.fetching import at_hand
from builders.files.listing import list_files
from builders.files.reading import read_raw
from builders.files.remote import RemotePlace, remote_place
from builders.files.remote_listing import list_remote
from builders.hive.table import HiveColumn, HivePartition, HiveTable, Storage
from graph.engines import open_engine
from graph.errors import ConfigError, ExtractError, FileChanged
from tests.hive_tables import FORMATS

DAY = 1_704_067_200_000  # 2024-01-01
NOW = DAY + 10 * 86_400_000
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def endpoint():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def engine(tmp_path):
    """This machine alone: workers of a running Spark have the environment that it started in."""
    with open_engine("local", memory="1GB", threads=2, spill=tmp_path / "spill") as opened:
        yield opened


@pytest.fixture
def bucket(endpoint, monkeypatch):
    """The address of an empty bucket, in an environment that says where it is."""
    settings = {
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{next(NUMBERS)}"
    store, _ = pafs.FileSystem.from_uri(f"s3://{name}?allow_bucket_creation=true")
    store.create_dir(name)
    return f"s3a://{name}"


def put(bucket, folder):
    """Every file of a folder as an object of its name."""
    store, _ = pafs.FileSystem.from_uri(bucket.replace("s3a://", "s3://"))
    name = bucket.partition("//")[2]
    for path in sorted(folder.rglob("*")):
        target = f"{name}/{path.relative_to(folder.parent)}"
        if path.is_file():
            with store.open_output_stream(target) as stream:
                stream.write(path.read_bytes())
        elif not any(path.iterdir()):
            store.create_dir(target)
    return store, name


def parquet(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {"user": ["a"], "post": ["p"], "ts": [DAY]} | columns
    pq.write_table(pa.table(rows), path, write_page_checksum=True)
    return path


def world(root):
    """A folder with partitions, hidden files, an empty folder, and faults of rows and files."""
    days = root / "dt=2024-01-01", root / "dt=2024-01-02", root / "dt=2024-01-03"
    parquet(days[0] / "a b%41.parquet", user=["a", "0", "a"], post=["p"] * 3, ts=[DAY] * 3)
    parquet(days[0] / "sub/c.parquet", user=["c"])
    parquet(days[1] / "cut.parquet", ts=[DAY + 86_400_000])
    cut = (days[1] / "cut.parquet").read_bytes()
    (days[1] / "cut.parquet").write_bytes(cut[:-9])
    (days[0] / "_SUCCESS").touch()
    (days[0] / ".hidden").mkdir()
    (days[0] / ".hidden/x").touch()
    days[2].mkdir()
    return root


def spec(path, base, **settings):
    table = {
        "name": "likes",
        "path": str(path),
        "format": "parquet",
        "map": {"account": "user", "object": "post", "acted_at": "ts"},
        "time_unit": "ms",
    }
    told = {name: value for name, value in (table | settings).items() if value is not None}
    return extract_spec({"tables": [told], "rejected_files": 1}, base=base)


def answer(engine, found):
    with pytest.raises(OverBudget) as over:
        read_extract(engine, found, now_ms=NOW)
    reading = over.value.reading
    tables = (reading.rows.rows(), reading.files.rows(), reading.quarantine.rows())
    return str(over.value), tables, reading.fingerprint


def test_a_bucket_reads_as_the_folder_that_it_is_a_copy_of(engine, bucket, tmp_path):
    root = world(tmp_path / "x")
    put(bucket, root)
    expected = answer(engine, spec(root, tmp_path))

    assert answer(engine, spec(f"{bucket}/x", tmp_path)) == expected
    assert {row["status"] for row in expected[1][1]} == {"read", "rejected", "skipped"}


class OneTable:
    """A catalogue of one table, whose days lie in a bucket."""

    def __init__(self, bucket, days):
        columns = (HiveColumn("user", "string"), HiveColumn("post", "string"))
        self.stores = {
            (("dt", day),): Storage(
                location=f"{bucket}/x/dt={day}",
                input_format=FORMATS["parquet"][0],
                serde=FORMATS["parquet"][1],
                columns=(*columns, HiveColumn("ts", "bigint")),
            )
            for day in days
        }

    def describe(self, database, table):
        return HiveTable(
            database=database,
            name=table,
            kind="EXTERNAL_TABLE",
            storage=next(iter(self.stores.values())),
            keys=(HiveColumn("dt", "string"),),
        )

    def partitions(self, table):
        return {values: f"dt={values[0][1]}" for values in self.stores}

    def stored(self, table, chosen, where):
        return [HivePartition(values=one, storage=self.stores[one]) for one in chosen], []

    def close(self):
        pass


def test_a_hive_table_in_a_bucket_is_read_as_its_folder_on_a_disk(
    engine, bucket, tmp_path, monkeypatch
):
    root = world(tmp_path / "x")
    put(bucket, root)
    days = ("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04")
    monkeypatch.setattr("builders.hive.catalogues.Metastore", lambda _: OneTable(bucket, days))
    _, tables, fingerprint = answer(engine, spec(root, tmp_path))

    named = spec("hive://social.likes", tmp_path, format=None, metastore="127.0.0.1:1")
    _, found, same = answer(engine, named)

    (rows, files, quarantine), gone = found, "dt=2024-01-04/"
    assert (rows, quarantine, same) == (tables[0], tables[2], fingerprint)
    assert [one for one in files if one["file"] != gone] == tables[1]
    [why] = [one["note"] for one in files if one["file"] == gone]
    assert f"there is no {bucket}/x/dt=2024-01-04" in why


def test_a_bucket_lists_as_the_folder_that_it_is_a_copy_of(bucket, tmp_path):
    root = world(tmp_path / "x")
    put(bucket, root)

    here, there = list_files(root), list_remote(remote_place(f"{bucket}/x"))

    def facts(listing):
        return [(file.name, file.partition, file.bytes) for file in listing.files]

    assert facts(there) == facts(here)
    assert there.skipped == here.skipped
    assert there.notes == here.notes


def test_one_object_is_an_extract_too_with_the_partition_of_its_path(bucket, tmp_path):
    put(bucket, world(tmp_path / "x"))
    place = remote_place(f"{bucket}/x/dt=2024-01-01/a b%41.parquet")
    (file,) = list_remote(place).files
    assert (file.name, file.partition) == ("a b%41.parquet", (("dt", "2024-01-01"),))
    (raw,) = read_raw(file, spec(str(place), tmp_path).tables[0].format)
    assert raw.rows["user"].to_pylist() == ["a", "0", "a"]


def test_a_copy_is_at_hand_while_it_is_read_and_removed_after(bucket, tmp_path):
    root = world(tmp_path / "x")
    put(bucket, root)
    file = list_remote(remote_place(f"{bucket}/x")).files[0]
    with at_hand(file) as here:
        assert here.path.read_bytes() == (root / file.name).read_bytes()
        assert here.path.suffix == ".parquet"
    assert not here.path.parent.exists()


def test_estimates_count_rows_of_remote_files(engine, bucket, tmp_path):
    parquet(tmp_path / "x/a.parquet", user=["a"] * 500, post=["p"] * 500, ts=[DAY] * 500)
    lines = "".join(f"u{i},p,{DAY}\n" for i in range(1_000))
    (tmp_path / "x/text").mkdir()
    (tmp_path / "x/text/a.csv").write_text("user,post,ts\n" + lines)
    put(bucket, tmp_path / "x")

    (exact,) = estimate(engine, spec(f"{bucket}/x/a.parquet", tmp_path))
    (sampled,) = estimate(engine, spec(f"{bucket}/x/text", tmp_path, format="csv"))

    assert (exact.rows, exact.exact) == (500, True)
    assert sampled.rows == pytest.approx(1_000, rel=0.01)


def test_an_object_that_changes_or_vanishes_after_listing_is_rejected(bucket, tmp_path):
    parquet(tmp_path / "x/a.parquet")
    parquet(tmp_path / "x/b.parquet")
    store, name = put(bucket, tmp_path / "x")
    changed, vanished = list_remote(remote_place(f"{bucket}/x")).files
    with store.open_output_stream(f"{name}/x/a.parquet") as stream:
        stream.write(b"other")
    store.delete_file(f"{name}/x/b.parquet")

    form = spec("a.parquet", tmp_path).tables[0].format
    with pytest.raises(ExtractError, match=r"^a\.parquet: it changed while it was read: 5 bytes"):
        list(read_raw(changed, form))
    with pytest.raises(ExtractError, match=r"^b\.parquet: it vanished after it was listed"):
        list(read_raw(vanished, form))


@pytest.mark.parametrize("same", [True, False])
def test_an_object_uploaded_again_after_its_digest_is_the_same_if_its_bytes_are(
    engine, bucket, tmp_path, same
):
    first = parquet(tmp_path / "x/a.parquet").read_bytes()
    other = parquet(tmp_path / "y/a.parquet", user=["b"]).read_bytes()
    assert len(other) == len(first)
    store, name = put(bucket, tmp_path / "x")
    found = spec(f"{bucket}/x", tmp_path)
    looked_at = survey(engine, found.tables)
    time.sleep(1.1)  # Objects are written at whole seconds.
    with store.open_output_stream(f"{name}/x/a.parquet") as stream:
        stream.write(first if same else other)

    if same:
        assert read_extract(engine, found, now_ms=NOW, surveyed=looked_at).rows.count() == 1
    else:
        with pytest.raises(FileChanged, match="as many bytes, but not those"):
            read_extract(engine, found, now_ms=NOW, surveyed=looked_at)


def test_a_file_that_is_a_folder_too_is_refused_and_the_mark_of_a_folder_is_skipped(
    bucket, tmp_path
):
    parquet(tmp_path / "x/a.parquet")
    store, name = put(bucket, tmp_path / "x")
    with store.open_output_stream(f"{name}/x/dt=1_$folder$") as stream:
        stream.write(b"")
    listing = list_remote(remote_place(f"{bucket}/x"))
    assert [file.name for file in listing.files] == ["a.parquet"]
    assert [one.name for one in listing.skipped] == ["dt=1_$folder$"]
    with store.open_output_stream(f"{name}/x/a.parquet/inside") as stream:
        stream.write(b"")
    with pytest.raises(ExtractError, match=r"^a\.parquet is both a file and a folder"):
        list_remote(remote_place(f"{bucket}/x"))


def test_what_is_not_there_or_not_reached_is_named(engine, bucket, tmp_path, monkeypatch):
    with pytest.raises(ExtractError, match=f"cannot read {bucket}/nothing: no such file or folder"):
        survey(engine, spec(f"{bucket}/nothing", tmp_path).tables)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(ExtractError, match=r"s3://unreached/x cannot be read: .*`AWS_\.\.\.`"):
        survey(engine, spec("s3://unreached/x", tmp_path).tables)


def test_an_unfinished_write_is_refused_on_a_bucket_too(bucket, tmp_path):
    parquet(tmp_path / "x/a.parquet")
    parquet(tmp_path / "x/_temporary/0/a.parquet")
    put(bucket, tmp_path / "x")
    with pytest.raises(ExtractError, match="its writer has not finished"):
        list_remote(remote_place(f"{bucket}/x"))


def test_places_are_told_from_paths_by_their_scheme(tmp_path):
    assert remote_place("s3a://b/x/y%20z") == RemotePlace("s3a", "b", "/x/y%20z")
    assert str(remote_place("hdfs:/x/y")) == "hdfs:///x/y"
    assert remote_place("x/y") is remote_place("/s3://x") is remote_place("odd:/x") is None
    place = spec("abfs://box@account/x.csv", tmp_path, format="csv").tables[0].path
    assert place == RemotePlace("abfs", "box@account", "/x.csv")
    with pytest.raises(ConfigError, match="`ftp://x/y` cannot be read; there are paths, `hive://`"):
        spec("ftp://x/y", tmp_path)


def test_a_file_system_without_its_client_is_explained(tmp_path, monkeypatch):
    monkeypatch.setenv("HADOOP_HOME", str(tmp_path))
    monkeypatch.setenv("ARROW_LIBHDFS_DIR", str(tmp_path))
    with pytest.raises(ExtractError, match=r"hdfs:///x cannot be read: .*`libhdfs`"):
        list_remote(remote_place("hdfs:///x"))
