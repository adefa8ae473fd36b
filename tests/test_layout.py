"""The house stands where it should, and nothing in it imports upwards."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import algorithms
import builders
import console
import graph
import jobs
import review

TREE = Path(__file__).parents[1]
FLOORS = {"graph": 0, "builders": 1, "algorithms": 1, "review": 1, "jobs": 2, "console": 3}


@pytest.mark.parametrize("package", [graph, builders, algorithms, review, jobs, console])
def test_a_package_is_this_trees_and_not_a_namesake(package):
    # The names are plain words: another distribution may well have a `graph`.
    assert Path(package.__file__) == TREE / package.__name__ / "__init__.py"


def imports_of(path):
    """The root packages that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", FLOORS)
def test_imports_go_down_and_never_to_a_sibling(package):
    files = sorted((TREE / package).rglob("*.py"))
    wrong = [
        (str(path.relative_to(TREE)), name)
        for path in files
        for name in imports_of(path)
        if name != package and FLOORS.get(name, -1) >= FLOORS[package]
    ]

    assert files
    assert wrong == []


def test_engines_are_imported_behind_the_engine_alone():
    engines = {"duckdb", "igraph", "networkx", "pyspark", "graphframes"}
    wrong = [
        str(path.relative_to(TREE))
        for package in FLOORS
        for path in sorted((TREE / package).rglob("*.py"))
        if engines & set(imports_of(path)) and "graph/engines" not in path.as_posix()
    ]

    assert wrong == []


def test_the_import_contracts_of_the_project_hold():
    linter = Path(sys.executable).parent / "lint-imports"

    done = subprocess.run([linter], cwd=TREE, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_no_file_is_a_drawer_for_anything():
    drawers = {"utils.py", "helpers.py", "common.py", "misc.py", "util.py"}
    found = [
        path
        for package in FLOORS
        for path in (TREE / package).rglob("*.py")
        if path.name in drawers
    ]

    assert found == []
