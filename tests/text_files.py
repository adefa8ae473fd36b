"""Formats of text files, and a file of some bytes read, for tests."""

from pathlib import Path

from builders.files.formats import FileFormat, file_format
from builders.files.listing import list_files
from builders.files.reading import read_raw

AB = ["a", "b"]
HIVE = file_format("text", columns=AB)
ESCAPED = file_format("text", columns=AB, escape="\\")
NESTED = file_format("text", columns={"a": "string", "l": "array<string>", "m": "map<string,int>"})
CSV = file_format("csv")
CSV_DECLARED = file_format("csv", columns=AB)
CSV_BARE = file_format("csv", columns=AB, header=False)
CSV_UNQUOTED = file_format("csv", columns=AB, quote=None)
TSV = file_format("tsv")
JSONL = file_format("jsonl", columns=AB)
MIB = 1 << 20


def read(path: Path, form: FileFormat, columns=None, rows=131_072):
    """All rows as tuples with their numbers, faults by row, and notes; each row just once."""
    found, faults, notes, numbers = [], {}, [], []
    for batch in read_raw(list_files(path).files[0], form, columns=columns, rows=rows):
        assert batch.rows.num_rows == len(batch.numbers) <= rows
        found += [tuple(row.values()) for row in batch.rows.to_pylist()]
        numbers += batch.numbers.to_pylist()
        faults |= {fault.row: (fault.column, fault.raw, fault.reason) for fault in batch.faults}
        notes += batch.notes
    assert sorted([*numbers, *faults]) == list(range(1, len(found) + len(faults) + 1))
    assert numbers == sorted(numbers)
    return found, faults, notes


def world(tmp_path: Path, data: bytes, name: str = "000000_0") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path
