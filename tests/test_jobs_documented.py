"""Every detector, section and setting stands in the documentation, with its true default."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from algorithms.flags import FlagSettings
from jobs.config import JobSettings, SeedSettings, job_from
from jobs.detectors import DETECTORS
from jobs.fuse import ClusterSettings
from jobs.spark_settings import SparkSettings

DOCS = Path(__file__).parents[1] / "docs"
JOB_FILE = (DOCS / "job-file.md").read_text(encoding="utf-8")
SEVERAL = DOCS / "detectors/several-layers.md"
INDEX = (DOCS / "detectors/README.md").read_text(encoding="utf-8")


def shown(value):
    """A default as the pages write it."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def undocumented(settings, page):
    rows = (
        f"| `{each.name}` | `{shown(getattr(settings, each.name))}` |" for each in fields(settings)
    )
    return [row for row in rows if row not in page]


def rows_of(page):
    return re.findall(r"^\| `(\w+)` \| `", page, flags=re.MULTILINE)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detectors_page_has_every_setting_and_no_other(name):
    page = (DOCS / f"detectors/{name}.md").read_text(encoding="utf-8")

    assert undocumented(DETECTORS[name].settings, page) == []
    assert set(rows_of(page)) == {each.name for each in fields(DETECTORS[name].settings)}
    for part in ("What it sees", "Evidence", "What it cannot see", "What innocently looks like it"):
        assert f"\n## {part}\n" in page


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_is_listed_in_the_index_and_the_job_files_page(name):
    assert f"[`{name}`]({name}.md)" in INDEX
    assert f"(detectors/{name}.md)" in JOB_FILE


def test_the_pages_of_detectors_are_those_of_detectors_that_there_are():
    others = {"README", SEVERAL.stem}
    assert {path.stem for path in (DOCS / "detectors").glob("*.md")} == {*others, *DETECTORS}


def test_rings_without_a_detector_of_their_own_are_told_as_detectors_are():
    page = SEVERAL.read_text(encoding="utf-8")

    _, *rings = re.split(r"^## ", page, flags=re.MULTILINE)
    told = {ring.splitlines()[0]: ring for ring in rings if not ring.startswith("How much")}
    assert [*told] == ["Hijacked accounts", "Rotating teams", "Overlapping rings"]
    for title, ring in told.items():
        for part in ("What sees it", "What cannot be seen", "What innocently looks like it"):
            assert f"\n### {part}\n\n- " in ring
        assert f"({SEVERAL.name}#{title.lower().replace(' ', '-')})" in INDEX


def test_the_job_files_page_has_every_section_and_setting():
    sections = (JobSettings(), SparkSettings(), SeedSettings(), ClusterSettings(), FlagSettings())

    assert [row for each in sections for row in undocumented(each, JOB_FILE)] == []
    others = ("[job]", "[spark]", "[extract]", "[accounts]", "[seeds]", "[detectors.NAME]")
    for section in (*others, "[cluster]", "[flags]"):
        assert f"`{section}`" in JOB_FILE


def test_the_job_file_shown_is_understood():
    (text,) = re.findall(r"```toml\n(.*?)```", JOB_FILE, flags=re.DOTALL)

    job = job_from(tomllib.loads(text), base=Path("/jobs"))

    assert [each.name for each in job.detectors] == [
        name for name, each in DETECTORS.items() if each.enabled and name != "mutual-ring"
    ]
    assert job.seeds.bad == Path("/jobs/confirmed.txt")
    assert job.settings()["detectors"]["copied-text"]["within_seconds"] is None


def test_links_between_the_pages_lead_somewhere():
    for path in (DOCS / "job-file.md", *(DOCS / "detectors").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).is_file(), f"{path.name} links to {target}"
