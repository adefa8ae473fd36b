"""The tutorial is a notebook: its blocks run in order, and show themselves as a notebook would."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial.md"


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", TUTORIAL.read_text("utf-8"), re.M | re.S)


def shown(code: str, names: dict[str, object]) -> str | None:
    """Run a block; what its last line gives, as a notebook would show it."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, str(TUTORIAL), "exec"), names)
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), str(TUTORIAL), "eval"), names)
    page = getattr(value, "_repr_html_", None)
    return page() if page else repr(value)


def test_every_block_of_the_tutorial_runs_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "notebook"}

    pages = [shown(block, names) for block in blocks()]

    assert len(pages) >= 20
    assert not [block for block, page in zip(blocks(), pages, strict=True) if page == ""]
    assert (tmp_path / "pages" / "index.html").is_file()
    assert (tmp_path / "confirmed.csv.manifest.json").is_file()
