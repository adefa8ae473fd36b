"""Partitions wherever they lie and however each is written, and what becomes of odd ones.

What the catalogue alone decides, before a file is read, is told on the local engine: both engines
ask the catalogue by the same code.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
import pytest

from builders.extracts.read import read_extract
from builders.extracts.survey import survey
from builders.extracts.toml import extract_spec
from graph.engines.local import LocalEngine
from graph.errors import ConfigError, ExtractError
from tests.hive_tables import add_partition, make_database, make_table

pytestmark = pytest.mark.spark

DAY = 1_767_225_600_000
"""2026-01-01 in milliseconds."""


@pytest.fixture(scope="module")
def parts(hive):
    """The services with a database `parts`."""
    with hive.client() as client:
        make_database(client, "parts", hive.place / "parts")
    return hive


def text(folder, *accounts, name="000000_0", columns=("{who}", "post", "{at}")):
    """Lines of Ctrl-A text, one for each account."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["\x01".join(columns).format(who=who, at=DAY) for who in accounts]
    (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(folder)


def spec_of(hive, table, **keys):
    mapped = {"account": "who", "object": "what", "acted_at": "at"}
    rules = {"late_days": "any"}
    rules |= {key: keys.pop(key) for key in ("quarantine_share", "rejected_files") if key in keys}
    catalogue = {"metastore": hive.metastore} if "hiveserver2" not in keys else {}
    one = {"name": "t", "path": f"hive://{table}", "time_unit": "ms", "map": mapped}
    return extract_spec({"tables": [{**one, **catalogue, **keys}], **rules}, base=Path())


def read(engine, hive, table, **keys):
    """What an engine reads, which is what the local engine reads."""
    spec = spec_of(hive, table, **keys)
    found = read_extract(engine, spec)
    if engine.name != "local":
        with LocalEngine(memory="1GB") as local:
            assert told(found) == told(read_extract(local, spec))
    return found


def told(reading):
    """All that a reading says."""
    tables = (reading.rows, reading.files, reading.quarantine)
    return [table.rows() for table in tables], reading.notes, reading.fingerprint


def accounts(reading):
    return sorted(row["account"] for row in reading.interactions.rows())


def test_a_partition_is_read_wherever_it_lies(engine, parts, tmp_path):
    name = f"parts.anywhere_{engine.name}"
    with parts.client() as client:
        make_table(client, name, str(tmp_path / "t"), keys={"dt": "string"})
        add_partition(client, name, ["2026-01-01"], text(tmp_path / "t/dt=2026-01-01", "at-home"))
        add_partition(client, name, ["2026-01-02"], f"file:{text(tmp_path / 'x y%3A', 'away')}")
    text(tmp_path / "t/dt=2026-01-03", "not-in-the-catalogue")

    found = read(engine, parts, name, attributes={"day": "dt"})

    rows = [(row["account"], row["day"]) for row in found.interactions.rows()]
    assert sorted(rows) == [("at-home", "2026-01-01"), ("away", "2026-01-02")]
    assert [row["file"] for row in found.files.rows()] == [
        "dt=2026-01-01/000000_0",
        "dt=2026-01-02/000000_0",
    ]


def test_a_partition_moved_by_sql_is_read_where_it_lies_now(engine, parts, tmp_path):
    name = f"parts.moved_{engine.name}"
    parts.sql(
        f"create external table {name} (who string, what string, at bigint) partitioned by"
        f" (dt string) stored as parquet location '{tmp_path / 'moved'}'",
        f"insert into {name} partition (dt = '2026-01-01') values ('before', 'post', {DAY})",
    )
    now = tmp_path / "elsewhere"
    now.mkdir()
    pq.write_table(pa.table({"who": ["now"], "what": ["post"], "at": [DAY]}), now / "a.parquet")
    parts.sql(f"alter table {name} partition (dt='2026-01-01') set location '{now}'")

    for asked in ({}, {"hiveserver2": parts.hiveserver2}):
        assert accounts(read(engine, parts, name, **asked)) == ["now"]


HOSTILE = [
    "a b",
    "x:y%z",
    'it\'s "q"',
    "ü=/é",
    "#{[^]",
    "back\\slash",
    "__HIVE_DEFAULT_PARTITION__",
]


@pytest.mark.parametrize("which", ["metastore", "hiveserver2"])
def test_partition_values_arrive_as_they_are(engine, parts, tmp_path, which):
    name = f"parts.hostile_{which}_{engine.name}"
    with parts.client() as client:
        make_table(client, name, str(tmp_path / "t"), keys={"city": "string"})
        for place, value in enumerate(HOSTILE):
            add_partition(client, name, [value], text(tmp_path / f"{place}", f"u{place}"))

    catalogue = {which: getattr(parts, which)}
    found = read(
        engine, parts, name, attributes={"city": "city"}, quarantine_share=0.5, **catalogue
    )

    rows = {row["account"]: row["city"] for row in found.interactions.rows()}
    assert rows == {f"u{place}": value for place, value in enumerate(HOSTILE[:-1])}
    [aside] = found.quarantine.rows()
    assert (aside["column"], aside["reason"]) == ("city", "null partition")


def test_every_partition_may_be_written_in_its_own_way(engine, parts, tmp_path):
    name = f"parts.ways_{engine.name}"
    rows = pa.table({"who": ["in-orc"], "what": ["post"], "at": [DAY]})
    (tmp_path / "orc").mkdir()
    orc.write_table(rows.rename_columns(["_col0", "_col1", "_col2"]), tmp_path / "orc/000000_0")
    (tmp_path / "parquet").mkdir()
    pq.write_table(rows.set_column(0, "who", [["in-parquet"]]), tmp_path / "parquet/000000_0")
    piped = tmp_path / "piped"
    piped.mkdir()
    (piped / "000000_0").write_text(f"post|{DAY}|in-text\npost|{DAY}|NIL\n")
    with parts.client() as client:
        make_table(client, name, str(tmp_path / "t"), keys={"n": "int"}, stored="orc")
        add_partition(client, name, ["1"], str(tmp_path / "orc"), stored="orc")
        add_partition(client, name, ["2"], str(tmp_path / "parquet"), stored="parquet")
        add_partition(
            client,
            name,
            ["3"],
            str(piped),
            columns={"what": "string", "at": "bigint", "who": "string"},
            serde={"field.delim": "|", "serialization.null.format": "NIL"},
        )

    found = read(engine, parts, name, quarantine_share=0.5)

    assert accounts(found) == ["in-orc", "in-parquet", "in-text"]
    assert [row["reason"] for row in found.quarantine.rows()] == ["null"]


def test_partitions_without_files_or_folder_are_listed_with_no_rows(engine, parts, tmp_path):
    name = f"parts.sparse_{engine.name}"
    (tmp_path / "empty").mkdir()
    with parts.client() as client:
        make_table(client, name, str(tmp_path), keys={"dt": "string"})
        add_partition(client, name, ["2026-01-01"], text(tmp_path / "full", "one"))
        add_partition(client, name, ["2026-01-02"], str(tmp_path / "empty"))
        add_partition(client, name, ["2026-01-03"], str(tmp_path / "gone"))
    (tmp_path / "gone").rmdir()

    found = read(engine, parts, name)

    assert accounts(found) == ["one"]
    [gone] = [row for row in found.files.rows() if row["status"] == "skipped"]
    assert (gone["file"], gone["rows_read"]) == ("dt=2026-01-03/", 0)
    assert "its catalogue lists it, and there is no" in gone["note"]
    notes = "\n".join(found.notes)
    assert "the partition dt=2026-01-02 holds no file" in notes
    assert "the partition dt=2026-01-03 has no folder" in notes


@pytest.mark.local_only
@pytest.mark.parametrize("second", ["one", "one/below", ""])
def test_partitions_that_share_a_folder_are_refused(engine, parts, tmp_path, second):
    name = f"parts.shared_{len(second)}"
    text(tmp_path / "one", "a")
    text(tmp_path / "one/below", "b")
    with parts.client() as client:
        make_table(client, name, str(tmp_path), keys={"dt": "string"})
        add_partition(client, name, ["2026-01-01"], str(tmp_path / "one"))
        add_partition(client, name, ["2026-01-02"], str(tmp_path / second))
        add_partition(client, name, ["2026-01-03"], text(tmp_path.parent / f"{name}-3", "c"))

    with pytest.raises(ExtractError, match=r"share the folder .* count twice"):
        read(engine, parts, name)


@pytest.mark.local_only
def test_one_day_written_in_two_ways_is_refused(engine, parts, tmp_path):
    with parts.client() as client:
        make_table(client, "parts.twice", str(tmp_path), keys={"dt": "string"})
        for day in ("2026-01-01", "20260101"):
            add_partition(client, "parts.twice", [day], text(tmp_path / day, day))

    with pytest.raises(ExtractError, match="are one partition written in several ways"):
        read(engine, parts, "parts.twice")


@pytest.fixture(scope="module")
def hours(parts, tmp_path_factory):
    """Table `parts.hours`: three days of two hours, an account `day/hour` in each."""
    place = tmp_path_factory.mktemp("hours")
    with parts.client() as client:
        make_table(client, "parts.hours", str(place), keys={"dt": "string", "hr": "int"})
        for day in (1, 2, 3):
            for hour in (3, 11):
                folder = text(place / f"dt=2026-01-0{day}/hr={hour}", f"{day}/{hour}")
                values = [f"2026-01-0{day}", str(hour)]
                add_partition(client, "parts.hours", values, folder)
    return parts


PUSHED = "`where` was pushed down to the metastore"


@pytest.mark.parametrize(
    ("where", "chosen", "note"),
    [
        ("dt = '2026-01-02'", ["2/11", "2/3"], PUSHED),
        ("dt > '2026-01-01' and dt <> '2026-01-02'", ["3/11", "3/3"], PUSHED),
        ("dt in ('2026-01-01', '2026-01-03') and dt < '2026-01-02'", ["1/11", "1/3"], PUSHED),
        ("hr = '3'", ["1/3", "2/3", "3/3"], "more than a metastore can filter by"),
        ("hr > '2'", ["1/3", "2/3", "3/3"], "more than a metastore can filter by"),
        ("dt like '%3' or hr::int > 10", ["1/11", "2/11", "3/11", "3/3"], "can filter by"),
    ],
)
def test_only_partitions_inside_where_are_asked_for(engine, hours, where, chosen, note):
    found = read(engine, hours, "parts.hours", where=where)

    assert accounts(found) == chosen
    assert found.files.count() == len(chosen)
    notes = "\n".join(found.notes)
    assert f"`where` chooses {len(chosen)} of 6 partitions" in notes
    assert note in notes


def test_a_hiveserver2_is_asked_for_the_chosen_partitions_alone(engine, hours):
    asked = {"hiveserver2": hours.hiveserver2}
    found = read(engine, hours, "parts.hours", where="dt = '2026-01-02'", **asked)

    assert accounts(found) == ["2/11", "2/3"]


@pytest.mark.local_only
def test_a_filter_outside_all_partitions_leaves_nothing_to_read(engine, hours):
    with pytest.raises(ExtractError, match=r"no file to read in `hive://parts\.hours`"):
        read(engine, hours, "parts.hours", where="dt = '2031-01-01'")


@pytest.mark.local_only
def test_a_filter_by_what_is_no_key_is_the_job_files_fault(engine, hours):
    with pytest.raises(ConfigError, match="partition columns are `dt`, `hr`"):
        read(engine, hours, "parts.hours", where="day = '2026-01-01'")


def test_a_table_without_partitions_is_read_whole_and_not_filtered(engine, parts, tmp_path):
    name = f"parts.whole_{engine.name}"
    with parts.client() as client:
        make_table(client, name, text(tmp_path / "whole", "one", "two"))

    assert accounts(read(engine, parts, name)) == ["one", "two"]
    for asked in ({}, {"hiveserver2": parts.hiveserver2}):
        with pytest.raises(ConfigError, match=rf"`where` chooses partitions and {name} has none"):
            read(engine, parts, name, where="dt = '2026-01-01'", **asked)


@pytest.mark.local_only
def test_a_table_of_no_partition_yet_has_nothing_to_read(engine, parts, tmp_path):
    with parts.client() as client:
        make_table(client, "parts.young", str(tmp_path), keys={"dt": "string"})

    for asked in ({}, {"hiveserver2": parts.hiveserver2}):
        with pytest.raises(ExtractError, match=r"no file to read in `hive://parts\.young`"):
            read(engine, parts, "parts.young", **asked)


@pytest.mark.local_only
def test_more_partitions_than_one_answer_holds_are_asked_for_in_pages(engine, parts, tmp_path):
    with parts.client() as client:
        make_table(client, "parts.many", str(tmp_path), keys={"n": "int"})
        for place in range(301):
            folder = tmp_path / f"n={place}"
            add_partition(client, "parts.many", [str(place)], text(folder, f"u{place:03}"))

    found = survey(engine, spec_of(parts, "parts.many").tables)

    assert len({work.file.partition for work in found.works}) == 301


def test_a_header_line_that_the_table_skips_is_no_row(engine, parts, tmp_path):
    name = f"parts.headed_{engine.name}"
    place = tmp_path / "headed"
    text(place, "who")
    (place / "000000_0").write_text(f"WHO,WHAT,AT\none,post,{DAY}\n")
    with parts.client() as client:
        make_table(
            client,
            name,
            str(place),
            serde={"field.delim": ","},
            parameters={"skip.header.line.count": "1"},
        )

    assert accounts(read(engine, parts, name)) == ["one"]


def test_rows_that_hive_would_read_silently_wrong_are_set_aside(engine, parts, tmp_path):
    name = f"parts.broken_{engine.name}"
    place = tmp_path / "broken"
    place.mkdir()
    lines = [
        f"good\x01post\x01{DAY}",
        f"too\x01many\x01{DAY}\x01fields",
        "too-few\x01post",
        "an line end",
        f" inside\x01post\x01{DAY}",
        f"no-number\x01post\x01{DAY}x",
        f"\\N\x01post\x01{DAY}",
        f"good\x01post\x01{DAY}",
    ]
    (place / "000000_0").write_bytes("".join(f"{line}\n" for line in lines).encode())
    with parts.client() as client:
        make_table(client, name, str(place))

    found = read(engine, parts, name, quarantine_share=1.0)

    [file] = found.files.rows()
    counts = ("read", "used", "deduplicated", "quarantined", "rejected")
    assert [file[f"rows_{name}"] for name in counts] == [8, 1, 1, 6, 0]
