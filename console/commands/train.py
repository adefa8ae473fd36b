"""`ringwatch train`: a scorecard from reviewers' decisions, if better than the shipped one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from algorithms.scorecard_text import card_text
from console.failures import say
from console.options import DEFAULT_OUT, AsJson, Out
from console.output import write_json, write_line, write_table
from console.place import STORE
from graph.durable import Disk, put_bytes
from graph.errors import ConfigError, StoreError
from jobs.training.model_card import MEASURES, model_card, outcome_in_words
from jobs.training.train import LEAST, Asked
from jobs.training.train import train as trained
from review.run import runs
from review.store import Store

NOT_WRITTEN = 4
"""The exit code where a card was asked for and is not better than the shipped one."""

_MEASURES = {
    "measure": "measure",
    "trained": "trained",
    "trained_low": "low",
    "trained_high": "high",
    "shipped": "shipped",
    "shipped_low": "low",
    "shipped_high": "high",
    "difference": "difference",
    "difference_low": "low",
    "difference_high": "high",
}
_TERMS = {
    "name": "term",
    "says": "what it is",
    "shipped": "log-odds, shipped",
    "trained": "trained",
    "known": "known",
}


def train(
    out: Out = DEFAULT_OUT,
    least: Annotated[
        int, typer.Option(min=1, help="With fewer decisions nothing is learned.")
    ] = LEAST,
    model_out: Annotated[
        Path | None,
        typer.Option(
            help="Write the scorecard to this file, if it is better than the shipped one."
        ),
    ] = None,
    card_out: Annotated[
        Path | None,
        typer.Option(
            help="Write the model card, for people, here; else beside the scorecard, as .md."
        ),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Write the scorecard even if it is no better.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="The seed of every random choice.")] = 0,
    json: AsJson = False,
) -> None:
    """Teach the scorecard by reviewers' decisions, and say whether it got better."""
    _refuse_files(model_out, card_out)
    if not runs(out):
        message = f"no run is published in `{out}`; make one with `ringwatch detect`"
        raise ConfigError(message)
    with Store.open(out / STORE) as store:
        found = trained(out, store, Asked(least=least, seed=seed))
    written: dict[str, str | None] = {"model": None, "card": None}
    if model_out is not None and (found.is_better or anyway):
        written["model"] = _written(model_out, card_text(found.card))
        card_out = card_out or model_out.with_suffix(".md")
    if card_out is not None:
        written["card"] = _written(card_out, model_card(found.document))
    if json:
        write_json({**found.document, "written": written})
    else:
        _write(found.document)
        for path in written.values():
            if path is not None:
                write_line(f"wrote {path}")
        if written["model"] is not None:
            write_line("Name it in a job file to use it: [flags] scorecard = ...", style="dim")
    if model_out is not None and written["model"] is None:
        say(f"ringwatch: `{model_out}` was not written; `--anyway` writes it all the same")
        raise typer.Exit(NOT_WRITTEN)


def _refuse_files(model: Path | None, card: Path | None) -> None:
    """Refuse before the work what could not be written after it."""
    for path in (model, card):
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            message = f"`{path}` cannot be written: its folder is not there, or it is a folder"
            raise ConfigError(message)
    if model is not None and (card or model.with_suffix(".md")) == model:
        message = f"`{model}` cannot hold the card and the model card: name it `.json`"
        raise ConfigError(message)


def _written(path: Path, text: str) -> str:
    try:
        put_bytes(Disk(), path, text.encode())
    except OSError as error:
        message = f"cannot write `{path}`: {error.strerror}"
        raise StoreError(message) from error
    return str(path)


def _write(document: Mapping[str, Any]) -> None:
    decisions, split, test = document["decisions"], document["split"], document["test"]
    left_out = sum(decisions["left_out"].values())
    write_line(
        f"{decisions['read']:,} decisions stand: {decisions['used']:,} used"
        f" ({decisions['confirmed']:,} confirmed, {decisions['dismissed']:,} dismissed, of"
        f" {decisions['campaigns']:,} campaigns) + {left_out:,} left out",
        style="bold",
    )
    for reason, count in decisions["left_out"].items():
        write_line(f"  left out: {count:,}, as {reason}")
    write_line(
        f"learned from {split['train']['decisions']:,} decided before {split['cut']}, tested on"
        f" {split['test']['decisions']:,} on campaigns first decided on after it;"
        f" {split['later_of_known_campaigns']:,} later ones are in neither, as their campaign was"
        " known"
    )
    rows = [
        {"measure": "prevalence", "trained": test["prevalence"], "shipped": test["prevalence"]}
    ] + [
        {"measure": says, **_row(test, name)}
        for name, says in MEASURES.items()
        if name in test["trained"]
    ]
    write_table("On decisions that it did not learn from, with 95 % intervals", _MEASURES, rows)
    write_table("Terms, in log-odds a standard deviation", _TERMS, document["terms"])
    fit = document["fit"]
    write_line(f"ridge {fit['ridge']:g} towards the shipped card, by {fit['folds']} folds")
    write_line(outcome_in_words(document), style="bold")


def _row(test: Mapping[str, Any], name: str) -> dict[str, float | None]:
    row: dict[str, float | None] = {}
    for which in ("trained", "shipped", "difference"):
        given = test[which].get(name, {})
        row |= {which: given.get("value")}
        row |= {f"{which}_{end}": given.get(end) for end in ("low", "high")}
    return row
