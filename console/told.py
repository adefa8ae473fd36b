"""What a finished run tells: the accounts of every row, the bounds, and the first clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from builders.extracts.report import accounting
from console.against_expected import against_expected
from console.output import moment, shown, write_line
from console.place import Place
from console.plots import bar, timeline
from graph.table import Table
from review.queries import count_clusters, list_clusters

_BUCKETS = 40
_FILES = 5
_SIZES = ((2, 4), (5, 9), (10, 29), (30, 99), (100, None))


@dataclass(frozen=True, slots=True)
class KeptAccounts:
    """The accounts of a reading as its run keeps them; notes were told while it was read."""

    files: Table
    quarantine: Table
    notes: tuple[str, ...] = ()


def told(place: Place, *, top: int = 10) -> dict[str, Any]:
    """What there is to tell of a run, as plain values.

    Args:
        place: the run, open.
        top: how many clusters, with their reasons and their joint acts over time.
    """
    manifest = place.run.manifest
    found = list_clusters(place.run, place.store, limit=top, engine=place.engine).to_pylist()
    reasons = _reasons(place, [row["cluster"] for row in found])
    acts = _joint_acts(place, [row["cluster"] for row in found])
    return {
        "run": place.run.name,
        "out": str(place.out),
        "rows": dict(manifest.input),
        "accounting": accounting(
            KeptAccounts(
                place.run.table(place.engine, "reading"),
                place.run.table(place.engine, "quarantine"),
            ),
            most_files=_FILES,
        ),
        "layers": manifest.summary.get("layers", {}),
        "left_out": manifest.summary.get("left_out", {}),
        "decoy": manifest.summary.get("decoy", {}),
        "bounds": _bounds(place),
        "matching": count_clusters(place.run, place.store, engine=place.engine),
        "sizes": _sizes(place),
        "clusters": [
            {**row, "reasons": reasons.get(row["cluster"], []), "activity": acts[row["cluster"]]}
            for row in found
        ],
    }


def write_told(tale: Mapping[str, Any]) -> None:
    """`told` for people, on stdout."""
    write_line(f"Run {tale['run']}", style="bold")
    for line in tale["accounting"]:
        write_line(line)
    for layer, facts in tale["layers"].items():
        kept, refused = facts.get("edges_kept", 0), facts.get("edges_refused", 0)
        write_line(f"{layer}: {kept:,} of {kept + refused:,} candidate edges kept")
        for line in against_expected(facts):
            write_line(f"  {line}")
        if "note" in facts:
            write_line(f"  {facts['note']}")
    if tale.get("decoy"):
        write_line(
            f"decoy: {tale['decoy']['decoy_flagged']:,} flagged of"
            f" {tale['decoy']['decoy_clusters']:,} clusters where acts were dealt anew"
        )
    for detector, needs in tale["left_out"].items():
        write_line(f"`{detector}` was left out: it needs {needs}")
    for row in tale["bounds"]:
        write_line(
            f"bounded by {row['layer']}/{row['bound']}: {row['subjects']:,}"
            f" {'subject' if row['subjects'] == 1 else 'subjects'},"
            f" {row['pairs_not_counted']:,} pairs not counted"
        )
    write_line("")
    if not tale["matching"]:
        write_line("No cluster was found: no group acts together more than chance explains.")
        return
    _write_sizes(tale["sizes"])
    known, listed = tale["matching"], len(tale["clusters"])
    write_line(
        f"{known:,} suspect {'cluster' if known == 1 else 'clusters'}"
        + (f"; the first {listed}, most suspect first" if listed > 1 else "")
        + " (suspect, not convicted: a person decides)",
        style="bold",
    )
    for row in tale["clusters"]:
        _write_cluster(row)


def _write_sizes(sizes: Mapping[str, int]) -> None:
    most = max(sizes.values())
    write_line("Clusters by size", style="bold")
    for label, count in sizes.items():
        write_line(f"  {label:>8} accounts  {bar(count / most, 24)} {count:,}")
    write_line("")


def _write_cluster(row: Mapping[str, Any]) -> None:
    write_line(
        f"#{row['place']:<3} {row['score']:.3f} {bar(row['score'])} {row['accounts']:>6,} accounts"
        f"  {row['cluster']}  by {row['layers'].replace(',', ', ')}",
        style="bold",
    )
    activity = row["activity"]
    if any(activity):
        first, last = moment(row["first_at"]), moment(row["last_at"])
        write_line(f"      {first} |{timeline(activity)}| {last}")
    signs = {"for": "+", "against": "-"}
    for reason in row["reasons"]:
        write_line(f"      {signs[reason['kind']]} {shown(abs(reason['part']))}  {reason['says']}")


def _reasons(place: Place, clusters: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The three strongest reasons for each cluster, and the strongest against it."""
    rows = place.engine.query(
        """
        select cluster, kind, part, says from (
            select *, row_number() over (
                partition by cluster, kind order by abs(part) desc, name) as rank
            from {evidence} where kind in ('for', 'against') and part <> 0
        ) where rank = 1 or (rank <= 3 and kind = 'for')
        order by cluster, kind desc, rank
        """,
        evidence=place.run.table(place.engine, "evidence"),
    ).to_pylist()
    by_cluster: dict[str, list[dict[str, Any]]] = {name: [] for name in clusters}
    for row in rows:
        if row["cluster"] in by_cluster:
            by_cluster[row["cluster"]].append(row)
    return by_cluster


def _joint_acts(place: Place, clusters: list[str]) -> dict[str, list[int]]:
    """Joint acts of each cluster in equal parts of its own span."""
    rows = place.engine.query(
        """
        with spans as (
            select cluster, min(acted_at) as first_at, max(acted_at) as last_at
            from {acts} where joint group by cluster
        )
        select a.cluster,
               cast(floor((a.acted_at - s.first_at) * $parts
                          / (s.last_at - s.first_at + 1.0)) as bigint) as part,
               count(*) as acts
        from {acts} a join spans s using (cluster) where a.joint
        group by a.cluster, part
        """,
        {"parts": _BUCKETS},
        acts=place.run.table(place.engine, "member_interactions"),
    ).to_pylist()
    counts = {name: [0] * _BUCKETS for name in clusters}
    for row in rows:
        if row["cluster"] in counts:
            counts[row["cluster"]][row["part"]] = row["acts"]
    return counts


def _bounds(place: Place) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.engine.query(
        """
        select layer, bound, count(*) as subjects,
               cast(sum(pairs_not_counted) as bigint) as pairs_not_counted
        from {bounds} group by layer, bound order by layer, bound
        """,
        bounds=place.run.table(place.engine, "bounds"),
    ).to_pylist()
    return found


def _sizes(place: Place) -> dict[str, int]:
    sizes = place.engine.query(
        "select accounts from {clusters}", clusters=place.run.table(place.engine, "clusters")
    )["accounts"].to_pylist()
    return {
        f"{least}-{most}" if most else f"{least}+": sum(
            least <= size <= (most or size) for size in sizes
        )
        for least, most in _SIZES
    }
