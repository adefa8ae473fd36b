"""`docs/algorithms.md` is true: its example runs, and each verb stands in it."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pandas as pd
import pytest

PAGE = Path(__file__).parents[1] / "docs" / "algorithms.md"
MODULES = (
    "agreement",
    "backbone",
    "components",
    "cores",
    "dense_blocks",
    "hits",
    "label_propagation",
    "leiden",
    "louvain",
    "pagerank",
    "quality",
    "seeds",
)


def verbs(module: str) -> list[str]:
    found = importlib.import_module(f"algorithms.{module}")
    return [
        name
        for name, value in vars(found).items()
        if inspect.isfunction(value) and value.__module__ == found.__name__ and name[0] != "_"
    ]


def test_the_example_runs():
    names = {"edges": pd.DataFrame({"src": ["a", "b", "c"], "dst": ["b", "c", "a"]})}

    exec(re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1], names)

    assert names["clusters"]["cluster"].tolist() == ["a", "a", "a"]
    assert names["ranks"]["score"].sum() == pytest.approx(1)


@pytest.mark.parametrize("module", MODULES)
def test_every_verb_stands_in_the_page(module):
    text = PAGE.read_text()

    assert verbs(module)
    assert [name for name in verbs(module) if f"`{module}.{name}`" not in text] == []
