"""`ringwatch second`, `settle` and `reviews`: a second person's look at what was decided."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer

from console.acting import by_whom
from console.options import DEFAULT_OUT, AsJson, By, Out, RunName
from console.output import moment, write_json, write_line, write_table
from console.place import Place, opened
from graph.errors import ConfigError
from review.people.roles import ADJUDICATE, SECOND_REVIEW
from review.queries import show_cluster
from review.second.agreement import Agreement
from review.second.rules import ReviewRules

WAITING = {
    "cluster": "cluster",
    "state": "state",
    "why": "asked for by",
    "by": "decided by",
    "decided": "at",
}
Cluster = Annotated[str, typer.Argument(help="A cluster's name, `#PLACE`, or a member's id.")]
Reason = Annotated[str, typer.Option(help="Why, in words; it is kept.")]
Exclude = Annotated[
    list[str] | None,
    typer.Option(help="A member whom the decision should not cover; may be repeated."),
]


def second(
    cluster: Cluster,
    outcome: Annotated[
        str, typer.Argument(help="confirmed, dismissed, mixed, needs-more, or `undo`.")
    ],
    reason: Reason,
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    by: By = None,
    exclude: Exclude = None,
    json: AsJson = False,
) -> None:
    """Review a decision as the second person, without knowing it; `undo` takes that back."""
    with opened(out, run) as place:
        name = _named(place, cluster)
        reviews = place.store.second
        person = by_whom(place.store, by, SECOND_REVIEW)
        if outcome == "undo":
            reviews.undo(place.run.name, name, reason=reason, by=person, at=_now())
        else:
            reviews.review(
                place.run.name,
                name,
                outcome,
                reason=reason,
                by=person,
                at=_now(),
                excluded=exclude or (),
            )
        _say(place, name, json=json)


def settle(
    cluster: Cluster,
    outcome: Annotated[str, typer.Argument(help="confirmed, dismissed, mixed or needs-more.")],
    reason: Reason,
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    by: By = None,
    exclude: Exclude = None,
    json: AsJson = False,
) -> None:
    """Settle a decision and a second review that differ; not for one of the two."""
    with opened(out, run) as place:
        name = _named(place, cluster)
        place.store.second.settle(
            place.run.name,
            name,
            outcome,
            reason=reason,
            by=by_whom(place.store, by, ADJUDICATE),
            at=_now(),
            excluded=exclude or (),
        )
        _say(place, name, json=json)


def reviews(
    out: Out = DEFAULT_OUT,
    run: RunName = None,
    large: Annotated[
        int | None, typer.Option(help="Ask for a second review from so many accounts on; 0: never.")
    ] = None,
    low_score: Annotated[
        float | None, typer.Option(help="Ask for one below this score; 0: never.")
    ] = None,
    first_of_kind: Annotated[
        bool | None,
        typer.Option(
            "--first-of-kind/--any-of-kind", help="Ask for one where no like cluster was decided."
        ),
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="Ask for one for this share, 0 to 1, drawn by lasting id.")
    ] = None,
    seed: Annotated[str | None, typer.Option(help="The seed of that draw.")] = None,
    reason: Annotated[str, typer.Option(help="Why the rules change; it is kept.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many rows to list.")] = 50,
    by: By = None,
    json: AsJson = False,
) -> None:
    """List what awaits a second person, and how often two agree; set when one is asked for."""
    with opened(out, run) as place:
        found = place.store.second
        old = found.rules()
        new = ReviewRules(
            # 0 switches off: nobody could mean it otherwise.
            large=old.large if large is None else large or None,
            low_score=old.low_score if low_score is None else low_score or None,
            first_of_kind=old.first_of_kind if first_of_kind is None else first_of_kind,
            share=old.share if share is None else share,
            seed=old.seed if seed is None else seed,
        )
        if new != old:
            person = by_whom(place.store, by, ADJUDICATE)
            found.set_rules(new, reason=reason, by=person, at=_now())
        elif reason:
            message = "a reason goes with a rule: name one, as `--share 0.1`"
            raise ConfigError(message)
        rules, agreement = found.rules(), found.agreement(place.run.name)
        rows = [
            {
                "run": each.run,
                "cluster": each.cluster,
                "state": each.state,
                "why": ", ".join(each.why),
                "by": each.by,
                "at": each.at,
                "decided": moment(each.at),
            }
            for each in found.waiting(place.run.name)
        ]
    if json:
        told = [asdict(each) for each in agreement]
        write_json({"rules": asdict(rules), "agreement": told, "waiting": rows})
        return
    write_line(_in_words(rules))
    for each in agreement:
        write_line(_agreement(each))
    foot = f"showing {limit:,} of {len(rows):,}, the oldest first" if len(rows) > limit else ""
    if rows:
        write_table(f"Waiting for another person in run {place.run.name}", WAITING, rows[:limit],
                    foot=foot)  # fmt: skip
    else:
        write_line("nothing waits for another person")


def _in_words(rules: ReviewRules) -> str:
    told = [
        *([f"of {rules.large:,} accounts or more"] if rules.large is not None else []),
        *([f"of a score below {rules.low_score:g}"] if rules.low_score is not None else []),
        *(["first of their kind"] if rules.first_of_kind else []),
        *([f"in the random share of {rules.share:.1%} (seed {rules.seed})"] if rules.share else []),
    ]
    if not told:
        return "no decision is asked for a second review; `--share 0.1` asks for one in ten"
    return f"a second review is asked for of clusters {', '.join(told)}"


def _agreement(each: Agreement) -> str:
    of = "all pairs" if each.of == "all" else "the random share"
    if each.share is None or each.low is None or each.high is None:
        return f"agreement of {of}: no pair yet"
    kappa = "not defined (one outcome throughout)" if each.kappa is None else f"{each.kappa:.2f}"
    return (
        f"agreement of {of}: {each.agreed} of {each.pairs}, {each.share:.0%}"
        f" (95 %: {each.low:.0%} to {each.high:.0%}), Cohen's kappa {kappa}"
    )


def _named(place: Place, cluster: str) -> str:
    view = show_cluster(place.run, place.store, cluster, engine=place.engine)
    return str(view.cluster["cluster"])


def _say(place: Place, name: str, *, json: bool) -> None:
    asked = place.store.second.of_cluster(place.run.name, name)
    state = place.store.state(place.run.name, name)
    if json:
        write_json({"cluster": name, "state": state, "review": asked and asked.state})
        return
    write_line(f"cluster {name} is {state}" + (f" ({asked.state})" if asked else ""))


def _now() -> int:
    return time.time_ns() // 1_000_000
