"""Reading labels: files as people write them, and what is refused with which words."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import ExtractError
from jobs.evaluation.labels import read_labels

CSV = """account_id,group_id,is_ring,kind
007,g1,true,farm
8,g1,1,farm
"a,""b",g2,false,fan-club
c,,0,
"""


def parquet(folder, **columns):
    path = folder / "labels.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_a_csv_keeps_ids_as_they_stand(tmp_path):
    (tmp_path / "labels.csv").write_text(CSV)

    labels = read_labels(tmp_path / "labels.csv")

    assert labels.ring_accounts == {"007", "8"}
    assert labels.look_alike_accounts == {'a,"b'}
    assert labels.innocent == {"c"}
    assert [(g.name, g.kind) for g in labels.groups] == [("g1", "farm"), ("g2", "fan-club")]


def test_whole_numbers_become_their_digits(tmp_path):
    big = 2**62 + 1
    path = parquet(tmp_path, account_id=[big, 5], group_id=[1, 1], is_ring=[True, True])

    assert read_labels(path).ring_accounts == {str(big), "5"}


def test_dictionaries_and_numbers_for_truth_are_read(tmp_path):
    path = parquet(
        tmp_path,
        account_id=pa.array(["a", "b"]).dictionary_encode(),
        group_id=["g", None],
        is_ring=pa.array([1, 0], pa.int8()),
    )

    labels = read_labels(path)

    assert (labels.ring_accounts, labels.innocent) == ({"a"}, {"b"})


def test_an_account_may_be_in_several_groups_and_a_ring_goes_first(tmp_path):
    path = parquet(
        tmp_path,
        account_id=["a", "a", "a", "b"],
        group_id=["small", "large", "fans", "large"],
        is_ring=[True, True, False, True],
    )

    labels = read_labels(path)

    assert labels.look_alike_accounts == frozenset()
    assert labels.group_of["a"].name == "large"
    assert labels.overlaps == 1


def test_a_group_of_both_kinds_of_rows_is_a_ring_and_a_look_alike(tmp_path):
    path = parquet(tmp_path, account_id=["a", "b"], group_id=["g", "g"], is_ring=[True, False])

    labels = read_labels(path)

    assert [(g.name, g.is_ring) for g in labels.groups] == [("g", False), ("g", True)]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (
            {"account": ["a"], "group_id": ["g"], "is_ring": [True]},
            "no column `account_id`.*did you mean `account`",
        ),
        (
            {"account_id": [1.0], "group_id": ["g"], "is_ring": [True]},
            "`account_id` .* is double, which loses digits",
        ),
        (
            {"account_id": ["a", None], "group_id": ["g", "g"], "is_ring": [True, True]},
            "1 labels .* have no `account_id`",
        ),
        (
            {"account_id": ["a"], "group_id": pa.array([None], pa.string()), "is_ring": [True]},
            "1 labels .* are of a ring and have no `group_id`",
        ),
        (
            {"account_id": ["a"], "group_id": ["g"], "is_ring": ["perhaps"]},
            "`is_ring` .* is `perhaps` in a row; write true or false",
        ),
        (
            {"account_id": ["a"], "group_id": ["g"], "is_ring": [False]},
            "no label .* is of a ring",
        ),
    ],
)
def test_faults_are_told_with_the_column_and_the_mend(tmp_path, columns, words):
    with pytest.raises(ExtractError, match=words):
        read_labels(parquet(tmp_path, **columns))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ExtractError, match="cannot read the labels"):
        read_labels(tmp_path / "none.parquet")


def test_a_file_that_is_damaged_is_told(tmp_path):
    (tmp_path / "labels.parquet").write_bytes(b"PAR1 and no more")

    with pytest.raises(ExtractError, match="neither Parquet nor CSV"):
        read_labels(tmp_path / "labels.parquet")
