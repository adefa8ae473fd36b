"""A cluster's report as one HTML file: no script, nothing from the network, every value escaped.

The page's policy allows one style sheet, by its hash, and nothing else, so that even a mistake in
escaping could neither run nor load anything.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from review.report import words
from review.report.network import EDGES_AT_MOST, network_picture
from review.report.network import MEMBERS_AT_MOST as DRAWN_AT_MOST
from review.report.raster import raster
from review.report.sections import (
    belonging_too,
    leading_members,
    other_clusters,
    posts_behind,
    reasons,
    strongest_edges,
    top_objects,
)
from review.report.timeline import timeline
from review.report.times import moment, span
from review.report.view import EDGES_WITH_POSTS, ReportInput, Row
from review.visible import visible
from review.whole import whole

MEMBERS_AT_MOST = 500
OBJECTS_AT_MOST = 25
TABLE_AT_MOST = 400


def write_report(view: ReportInput, path: Path) -> Path:
    """Write the report of one cluster, whole or not at all; the same input gives the same bytes.

    Raises:
        StoreError: the disk refused; nothing was written.
    """
    write_page(report_html(view), path)
    return path


def report_html(view: ReportInput, *, index: str | None = None) -> str:
    """The report's HTML; `index` is the file name of the run's list, if there is one."""
    return render("report.html", index=index, **cluster_values(view))


def cluster_values(view: ReportInput) -> dict[str, object]:
    """What the templates of a cluster's sections ask for."""
    members = leading_members(view.members)
    drawn = [row["account"] for row in members[:DRAWN_AT_MOST]]
    edges = strongest_edges(view.edges, EDGES_AT_MOST, among=drawn)
    acts = view.interactions.select(["account", "acted_at", "joint"]).to_pylist()
    facts = view.facts
    layers = _layers(facts["layers"], view.edges["layer"].unique().to_pylist())
    return {
        "cluster": facts,
        "origin": view.origin,
        "settings": json.dumps(view.origin.settings, sort_keys=True, indent=1),
        "extract": json.dumps(view.origin.extract, sort_keys=True, indent=1),
        "decision": view.decision,
        "across": view.across,
        "layers": layers,
        "reasons": reasons(view.evidence.to_pylist()),
        "members": members[:MEMBERS_AT_MOST],
        "members_known": len(members),
        "seeds_given": any(row["nearness"] is not None for row in members),
        "other_clusters": other_clusters(view),
        "also": belonging_too(view)[:MEMBERS_AT_MOST],
        "also_known": view.also.num_rows,
        "edges_known": view.edges.num_rows,
        "network": network_picture(members, edges, layers),
        "timeline": timeline(acts),
        "raster": raster(members, acts),
        "interactions_known": view.interactions.num_rows,
        "objects": top_objects(view)[:OBJECTS_AT_MOST],
        "objects_known": view.objects.num_rows,
        "edges_with_posts": posts_behind(
            strongest_edges(view.edges, EDGES_WITH_POSTS), view.joint_acts, view.interactions
        ),
        "table_at_most": TABLE_AT_MOST,
    }


def render(template: str, **values: object) -> str:
    """A page of `templates/` with the style sheet and the policy that allows it."""
    style = style_sheet()
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template(template)
    return page.render(style=Markup(style), policy=Markup(policy), **values)


def style_sheet() -> str:
    """The style of every page."""
    return _environment().get_template("style.css").render()


def environment(loader: BaseLoader) -> Environment:
    """Templates that escape every value, with the filters by which pages show values.

    `account`, `cluster_name` and `post_pairs` are names and numbers here; a page that has
    somewhere to lead to gives others that are links.
    """
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        moment=moment,
        span=span,
        visible=visible,
        number=words.number,
        share=words.share,
        signed=words.signed,
        chance=words.chance,
        named=words.name,
        words=words.words,
        account=words.name,
        cluster_name=words.name,
        post_pairs=_post_pairs,
    )
    made.globals.update(in_unit=words.in_unit, counted=words.counted)
    return made


def write_page(html: str, path: Path) -> None:
    """Put a page in its place, whole or not at all."""
    with whole(path) as (part,):
        part.write_bytes(html.encode())


def _layers(named: str, found: list[str]) -> list[str]:
    listed = [layer.strip() for layer in named.split(",") if layer.strip()]
    return [*listed, *sorted(set(found) - set(listed))]


@cache
def _environment() -> Environment:
    return environment(PackageLoader("review.report"))


def _post_pairs(edge: Row) -> str:
    return words.number(edge["post_pairs"])
