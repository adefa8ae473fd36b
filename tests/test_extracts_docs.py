"""What docs/extracts.md shows is what the program does."""

import re
import tomllib
from pathlib import Path

from builders.extracts.toml import (
    ACCOUNTS_KEYS,
    EXTRACT_KEYS,
    TABLE_KEYS,
    accounts_spec,
    extract_spec,
)
from graph.schemas import ACCOUNTS, INTERACTIONS

PAGE = (Path(__file__).parents[1] / "docs/extracts.md").read_text()


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_job_file_shown_is_understood():
    extract, _, accounts = blocks("toml")

    found = extract_spec(tomllib.loads(extract)["extract"], base=Path("/jobs"))

    assert [table.name for table in found.tables] == ["likes", "hashtags"]
    assert found.attributes == ("device",)
    known = accounts_spec(tomllib.loads(accounts)["accounts"], base=Path("/jobs"))
    assert known.table.mapping["platform"] == "'chirper'"


def test_every_key_is_on_the_page():
    keys = {*EXTRACT_KEYS, *TABLE_KEYS, *ACCOUNTS_KEYS, *INTERACTIONS.names, *ACCOUNTS.names}
    assert sorted(key for key in keys if not re.search(rf"\b{key}\b", PAGE)) == []


def test_the_example_prints_what_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (program,) = blocks("python")
    (printed,) = blocks("text")

    exec(compile(program, "docs/extracts.md", "exec"), {})

    assert capsys.readouterr().out == printed
