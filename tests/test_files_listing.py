"""Finding files: what is read, what is skipped with a reason, what is refused."""

import os
import time

import pytest

from builders.files.listing import list_files
from graph.errors import ExtractError


@pytest.fixture
def tree(tmp_path):
    """`tree("dt=1/a", ...)` makes files (and folders, where a name ends in `/`) and their root."""

    def make(*names: str):
        for name in names:
            path = tmp_path / "t" / name
            if name.endswith("/"):
                path.mkdir(parents=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"x\n")
        return tmp_path / "t"

    return make


def names(root):
    return [file.name for file in list_files(root).files]


def test_files_come_in_the_order_of_their_names_with_their_partitions(tree):
    found = list_files(tree("dt=2024-01-02/hr=1/b", "dt=2024-01-01/hr=1/z", "dt=2024-01-01/hr=1/a"))
    assert [file.name for file in found.files] == [
        "dt=2024-01-01/hr=1/a",
        "dt=2024-01-01/hr=1/z",
        "dt=2024-01-02/hr=1/b",
    ]
    assert found.files[2].partition == (("dt", "2024-01-02"), ("hr", "1"))
    assert found.files[0].bytes == 2
    assert (found.skipped, found.notes) == ((), ())


def test_one_file_is_an_extract_too_and_its_folders_are_partitions(tree):
    root = tree("dt=2024-01-01/a.csv")
    [file] = list_files(root / "dt=2024-01-01" / "a.csv").files
    assert (file.name, file.partition) == ("a.csv", (("dt", "2024-01-01"),))


def test_hidden_files_and_folders_are_skipped_and_listed(tree):
    found = list_files(
        tree(
            "a",
            "_SUCCESS",
            "_part",
            "._x",
            ".hive-staging_1/x",
            "_temporary/0/y",
            "dt=1/.a.crc",
            "dt=1/b",
        )
    )
    assert [file.name for file in found.files] == ["a", "dt=1/b"]
    assert [one.name for one in found.skipped] == [
        "._x",
        ".hive-staging_1",
        "_SUCCESS",
        "_part",
        "_temporary",
        "dt=1/.a.crc",
    ]
    assert "hidden" in found.skipped[0].reason


@pytest.mark.parametrize("folder", ["", "dt=1/"])
def test_a_temporary_folder_without_success_means_the_writer_has_not_finished(tree, folder):
    with pytest.raises(
        ExtractError, match="`_temporary` and no `_SUCCESS`: its writer has not finished"
    ):
        list_files(tree("a", f"{folder}_temporary/0/x"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hr=01", "hr=1"),
        ("dt=2024-01-01", "dt=20240101"),
        ("DT=x", "dt=x"),
        ("c=a%20b", "c=a b"),
        ("dt=2024-01-01/hr=00", "dt=2024-01-01/hr=0"),
    ],
)
def test_one_partition_under_two_names_is_refused(tree, one, other):
    with pytest.raises(ExtractError, match="are one partition written in several ways"):
        list_files(tree(f"{one}/a", f"{other}/b"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hr=1", "hr=10"),
        ("c=US", "c=us"),
        ("likes/dt=1", "follows/dt=01"),
        ("dt=2024-01-01", "dt=2024-01-02"),
    ],
)
def test_partitions_that_differ_are_not_mistaken_for_one(tree, one, other):
    assert len(names(tree(f"{one}/a", f"{other}/b"))) == 2


def test_an_empty_partition_and_a_missing_day_are_noted(tree):
    found = list_files(
        tree("dt=2024-01-01/a", "dt=2024-01-02/", "dt=2024-01-03/a", "dt=2024-01-05/a")
    )
    assert found.notes[0] == "the partition dt=2024-01-02 holds no file"
    assert (
        "lacks 2 of the days from 2024-01-01 to 2024-01-05: 2024-01-02, 2024-01-04"
        in found.notes[1]
    )


def test_files_outside_the_partitions_are_noted(tree):
    assert (
        "not partitioned alike: `(no partition)` beside `dt`"
        in list_files(tree("dt=1/a", "b")).notes[0]
    )


def test_a_folder_without_files_is_noted(tree):
    found = list_files(tree("empty/"))
    assert found.files == ()
    assert [note.split(" ")[-4:] for note in found.notes][-1] == ["no", "file", "to", "read"]


def test_nothing_at_all_is_refused_by_name(tmp_path):
    with pytest.raises(ExtractError, match=r"cannot read .*nothing: no such file"):
        list_files(tmp_path / "nothing")


def test_a_link_out_of_the_root_is_refused(tree, tmp_path):
    root = tree("a")
    (tmp_path / "secret").write_bytes(b"x")
    (root / "b").symlink_to(tmp_path / "secret")
    with pytest.raises(ExtractError, match="b is a link out of the extract"):
        list_files(root)


@pytest.mark.parametrize("target", [".", ".."])
def test_a_link_round_in_a_circle_is_refused(tree, target):
    root = tree("d/e/a")
    (root / "d" / "e" / "round").symlink_to(target, target_is_directory=True)
    with pytest.raises(ExtractError, match="d/e/round is a link to a folder that holds it"):
        list_files(root)


def test_a_link_to_itself_and_a_link_to_nothing_are_refused(tree):
    root = tree("a")
    (root / "b").symlink_to("b")
    with pytest.raises(ExtractError, match="b: cannot be read"):
        list_files(root)
    (root / "b").unlink()
    (root / "b").symlink_to("gone")
    with pytest.raises(ExtractError, match="b: cannot be read: no such file"):
        list_files(root)


def test_a_link_that_brings_a_file_in_twice_is_refused(tree):
    root = tree("a", "_kept/x")
    (root / "b").symlink_to("_kept/x")
    assert names(root) == ["a", "b"]
    (root / "c").symlink_to("a")
    with pytest.raises(ExtractError, match="c and a are one file"):
        list_files(root)


def test_an_extract_reached_through_a_link_is_read(tree, tmp_path):
    (tmp_path / "link").symlink_to(tree("a"))
    assert names(tmp_path / "link") == ["a"]


def test_a_pipe_is_not_waited_for(tree):
    root = tree("a")
    os.mkfifo(root / "pipe")
    found = list_files(root)
    assert [file.name for file in found.files] == ["a"]
    assert found.skipped[0].name == "pipe"


@pytest.mark.parametrize(
    ("marker", "called"),
    [
        ("_delta_log/0.json", "Delta Lake"),
        (".hoodie/x", "Hudi"),
        ("delta_0000001_0000001_0000/b", "transactional Hive"),
    ],
)
def test_a_table_whose_log_says_what_is_valid_is_refused(tree, marker, called):
    with pytest.raises(ExtractError, match=called):
        list_files(tree("a", marker))


def test_a_folder_name_that_decodes_to_no_text_is_refused(tree):
    with pytest.raises(ExtractError, match="the partition folder `%FF` does not decode to UTF-8"):
        list_files(tree("c=%FF/a"))


def test_a_key_twice_on_one_path_is_refused(tree):
    with pytest.raises(ExtractError, match="`DT` stands twice"):
        list_files(tree("dt=1/DT=2/a"))


def test_a_file_name_that_is_no_text_is_shown_escaped(tree):
    root = tree("a")
    (root / os.fsdecode(b"b\xff")).write_bytes(b"x")
    assert names(root) == ["a", "b\\xff"]


def test_ten_thousand_small_files_are_listed_in_seconds(tree):
    root = tree("a")
    for folder in range(20):
        (root / f"hr={folder}").mkdir()
        for file in range(500):
            (root / f"hr={folder}" / str(file)).touch()
    started = time.process_time()
    assert len(names(root)) == 10_001
    assert time.process_time() - started < 6
