"""Damaged files of every kind: an answer, never a crash, and the accounts always add up."""

import gzip
import json
import random

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
import pytest

from builders.extracts.read import OverBudget, read_extract
from builders.extracts.toml import extract_spec
from graph.errors import RingwatchError

# Hundreds of damaged files: test_extracts_elsewhere reads such files on Spark, in one reading.
pytestmark = pytest.mark.local_only

DAY = 1_704_067_200_000
ROWS = [
    {"user": f"u{i % 37}é", "post": f"p{i % 11}", "ts": str(DAY + i), "tags": ["a", "b"][: i % 3]}
    for i in range(300)
]


def written(kind, path):
    """The rows as a file of `kind`; gives its bytes."""
    table = pa.Table.from_pylist(ROWS)
    if kind == "parquet":
        pq.write_table(table, path, write_page_checksum=True, row_group_size=100)
    elif kind == "orc":
        orc.write_table(table, path)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    else:
        lines = "".join(
            "\x01".join((row["user"], row["post"], row["ts"], "\x02".join(row["tags"]))) + "\n"
            for row in ROWS
        )
        path.write_bytes(gzip.compress(lines.encode()) if kind == "gz" else lines.encode())
    return path.read_bytes()


def mutated(draw, whole):
    """The bytes with a flip, a cut, a splice or a hole."""
    place, other = sorted(draw.randrange(len(whole)) for _ in range(2))
    return draw.choice(
        (
            whole[:place] + bytes([whole[place] ^ (1 << draw.randrange(8))]) + whole[place + 1 :],
            whole[:place],
            whole[:place] + whole[other:],
            whole[:place] + draw.randbytes(8) + whole[place:],
            whole[:place] + bytes(other - place) + whole[other:],
        )
    )


@pytest.mark.parametrize("kind", ["parquet", "orc", "jsonl", "text", "gz"])
def test_a_damaged_file_is_answered_and_accounted_for(engine, tmp_path, kind):
    draw = random.Random(kind)
    path = tmp_path / ("x.gz" if kind == "gz" else "x")
    whole = written(kind, path)
    columns = ["user", "post", "ts", ["tags", "array<string>"]]
    table = {
        "name": "posts",
        "path": str(path),
        "format": "text" if kind == "gz" else kind,
        "columns": columns,
        "map": {"account": "user", "object": "element", "acted_at": "ts", "content": "post"},
        "explode": "tags",
        "time_unit": "ms",
    }
    spec = extract_spec({"tables": [table]}, base=tmp_path)
    untouched = read_extract(engine, spec)
    assert untouched.interactions.count() == 300

    for _ in range(40):
        path.write_bytes(mutated(draw, whole))
        try:
            reading = read_extract(engine, spec)
        except OverBudget as over:
            reading = over.reading
        except RingwatchError:
            continue
        (row,) = reading.files.rows()
        parts = ("rows_used", "rows_deduplicated", "rows_quarantined", "rows_rejected")
        assert row["rows_read"] == sum(row[part] for part in parts)
        assert row["rows_used"] == reading.interactions.count()
        assert row["rows_quarantined"] == reading.quarantine.count()
