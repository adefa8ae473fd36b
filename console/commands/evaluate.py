"""`ringwatch evaluate`: how good the clusters of an extract with known rings are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from builders.simulation.kinds import table_spec
from builders.simulation.spec import Families, SimulationSpec
from console.beside import refuse_told
from console.columns import (
    Account,
    Accounts,
    Action,
    Attribute,
    Columns,
    Content,
    CreatedAt,
    Delimiter,
    Detectors,
    Format,
    Object,
    ObjectKind,
    Owner,
    Platform,
    QuarantineShare,
    RowWhere,
    Text,
    Time,
    TimeUnit,
    TimeZone,
    Where,
    attributes,
    given,
    refuse_columns,
)
from console.evaluated import write_evaluated
from console.failures import say
from console.options import (
    DEFAULT_OUT,
    AsJson,
    AskedHiveServer2,
    AskedMetastore,
    Memory,
    Quiet,
    Threads,
    extract_place,
)
from console.output import write_json
from console.progress import shown_progress
from console.worlds import (
    KINDS,
    PLATFORM_DAYS,
    Flat,
    Fortnight,
    Forum,
    Kind,
    Marketplace,
    Outside,
    in_words,
    kind_asked,
)
from graph.errors import ConfigError
from jobs.config import DetectJob
from jobs.evaluation.evaluate import Asked, all_peers, parsed_columns
from jobs.evaluation.evaluate import evaluate as evaluated
from jobs.evaluation.labels import Labels, read_labels
from jobs.evaluation.requirements import requirements
from jobs.evaluation.worlds import Spec, evaluate_worlds, is_simulated, simulated_platform
from jobs.quick import Changes, QuickTable, changed_job, quick_job

UNMET = 4
"""The exit code where the evaluation is done and `--require` is not met."""

_OF_WORLDS = ("seeds", "interactions", "days", "levels", "families", *KINDS)


def evaluate(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(help="A job file or an extract, or the folder of a simulated platform."),
    ] = None,
    account: Account = None,
    object: Object = None,
    time: Time = None,
    action: Action = None,
    text: Text = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="The truth: account_id, group_id, is_ring, perhaps kind, level; Parquet or CSV."
        ),
    ] = None,
    content: Content = None,
    object_kind: ObjectKind = None,
    owner: Owner = None,
    topic: Annotated[
        str | None, typer.Option(help="The column of what the object is about.")
    ] = None,
    platform: Platform = None,
    attribute: Attribute = None,
    accounts: Accounts = None,
    created_at: CreatedAt = None,
    time_unit: TimeUnit = None,
    time_zone: TimeZone = None,
    format: Format = None,
    columns: Columns = None,
    delimiter: Delimiter = None,
    where: Where = None,
    row_where: RowWhere = None,
    metastore: AskedMetastore = None,
    hiveserver2: AskedHiveServer2 = None,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Simulate worlds, one a seed, and evaluate those.")
    ] = False,
    seeds: Annotated[
        str, typer.Option(help="With --simulate: the worlds' seeds, comma separated.")
    ] = "21,22,23,24,25",
    interactions: Annotated[
        int, typer.Option("--interactions", "-n", min=1, help="With --simulate: acts of each.")
    ] = 300_000,
    days: Annotated[
        int | None,
        typer.Option(min=1, help="With --simulate: days of each; 14, or 28 of a marketplace."),
    ] = None,
    levels: Annotated[
        str | None,
        typer.Option(help="With --simulate: co-action rings of these levels alone, as L0,L3."),
    ] = None,
    families: Annotated[
        Literal["own", "held-out", "both"],
        typer.Option(help="With --simulate: rings that settings were chosen on, others, or both."),
    ] = "own",
    flat: Flat = False,
    outside: Outside = False,
    fortnight: Fortnight = False,
    marketplace: Marketplace = False,
    forum: Forum = False,
    peers: Annotated[
        bool, typer.Option("--peers", help="Compare with other methods, on the same acts.")
    ] = False,
    peer: Annotated[
        list[str] | None, typer.Option(help="Compare with this method; may be repeated.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Evaluate again without this column, or several (a,b); may be repeated."),
    ] = None,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="Evaluate again without each signal and defence.")
    ] = False,
    require: Annotated[
        str | None,
        typer.Option(
            help="End with exit code 4 unless this holds, as precision>=0.95,L3.recall>=0.7."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Keep runs and worlds in this folder; else they go."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep them in `out`, unless --out names a folder.")
    ] = False,
    memory: Memory = None,
    threads: Threads = None,
    seed: Annotated[int | None, typer.Option(help="The seed of every random choice.")] = None,
    quarantine_share: QuarantineShare = None,
    detector: Detectors = None,
    quiet: Quiet = False,
    json: AsJson = False,
) -> None:
    """Hold the clusters of an extract against labels: precision, recall, rings, look-alikes."""
    # Before minutes of work: what cannot be understood should not cost them.
    required = requirements(require) if require is not None else ()
    asked = Asked(
        path=str(path) if path is not None else "simulated",
        peers=tuple(peer or (all_peers() if peers else ())),
        without=parsed_columns(without or ()),
        ablation=ablation,
        seed=seed or 0,
    )
    changes = Changes(
        memory=memory,
        threads=threads,
        seed=seed,
        quarantine_share=quarantine_share,
        detectors=tuple(detector or ()),
    )
    mapping = {
        "account": account,
        "object": object,
        "acted_at": time,
        "action": action,
        "text": text,
        "content": content,
        "object_kind": object_kind,
        "owner": owner,
        "platform": platform,
    }
    reading = {
        "format": format,
        "columns": columns,
        "delimiter": delimiter,
        "where": where,
        "row_where": row_where,
        "time_unit": time_unit,
        "time_zone": time_zone,
    }
    told = _Told(
        mapping=given(mapping),
        attributes=attributes(attribute or []) | ({"topic": topic} if topic else {}),
        accounts=accounts,
        created_at=created_at,
        reading=given(reading),
        catalogue={"metastore": metastore, "hiveserver2": hiveserver2},
        labels=labels,
    )
    world: Spec | None = None
    if simulate:
        told.refuse("--simulate", path)
        of = kind_asked(
            flat=flat, outside=outside, fortnight=fortnight, marketplace=marketplace, forum=forum
        )
        world = _world(interactions, days, levels=levels, families=families, of=of)
    else:
        refuse_told(
            context, _OF_WORLDS, "tells of simulated worlds: say `--simulate`, or leave this out"
        )
    with _folder(out, keep=keep) as folder:
        if world is not None:
            with shown_progress(quiet=quiet) as said:
                document = evaluate_worlds(
                    world, _seeds(seeds), folder, changes, asked, progress=said
                )
        else:
            subject = _subject(path, told, changes)
            asked = replace(asked, base=subject.base)
            with shown_progress(quiet=quiet) as said:
                document = evaluated(subject.job, subject.labels, folder, asked, progress=said)
    if json:
        write_json(document)
    else:
        write_evaluated(document)
    faults = [fault for one in required if (fault := one.fault(document)) is not None]
    for fault in faults:
        say(f"ringwatch: {fault}")
    if faults:
        raise typer.Exit(UNMET)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the command line says of an extract and its labels."""

    mapping: dict[str, str]
    attributes: dict[str, str]
    accounts: Path | None
    created_at: str | None
    reading: dict[str, str]
    catalogue: dict[str, str | None]
    labels: Path | None

    def refuse(self, beside: str, path: Path | None) -> None:
        """Refuse all of it where worlds are simulated."""
        given = [
            *filter(None, (self.accounts, self.created_at, self.labels)),
            *self.mapping,
            *self.attributes,
            *self.reading,
            *filter(None, self.catalogue.values()),
        ]
        if path is not None or given:
            message = f"`{beside}` makes its own extract and labels: leave out what names others"
            raise ConfigError(message)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A job, its labels, and the folder that the job's relative paths start from."""

    job: DetectJob
    labels: Labels
    base: Path


def _subject(path: Path | None, told: _Told, changes: Changes) -> _Subject:
    if path is None:
        message = (
            "say what to evaluate: an extract with its columns and `--labels`, a job file, the"
            " folder of a simulated platform, or `--simulate`"
        )
        raise ConfigError(message)
    columns: dict[str, object] = {**told.mapping, **told.reading, **told.catalogue}
    columns |= {
        "attribute": told.attributes,
        "accounts": told.accounts,
        "created_at": told.created_at,
    }
    if is_simulated(path) and not told.mapping:
        refuse_columns(path / "job.toml", columns)
        found = simulated_platform(path, changes)
        labels = read_labels(told.labels) if told.labels is not None else found.labels
        return _Subject(found.job, labels, path)
    if told.labels is None:
        message = "say `--labels`, a file with account_id, group_id and is_ring"
        raise ConfigError(message)
    labels = read_labels(told.labels)
    if path.suffix == ".toml":
        refuse_columns(path, columns)
        return _Subject(changed_job(path, changes), labels, path.parent)
    table = QuickTable(
        path=extract_place(path, told.catalogue["metastore"], told.catalogue["hiveserver2"]),
        mapping=told.mapping,
        attributes=told.attributes,
        accounts=told.accounts,
        created_at=told.created_at,
        reading=told.reading,
    )
    job = quick_job(table, changes, said=lambda assumed: say(f"assumed: {assumed}"))
    return _Subject(job, labels, Path())


@contextmanager
def _folder(out: Path | None, *, keep: bool) -> Iterator[Path]:
    """Where runs go: a folder that stays where one was asked for, else one that does not."""
    if out is not None or keep:
        yield out or DEFAULT_OUT
        return
    with tempfile.TemporaryDirectory(prefix="ringwatch-evaluate-") as folder:
        yield Path(folder)


def _seeds(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(one) for one in text.replace(",", " ").split())
    except ValueError as error:
        message = f"`--seeds` is numbers with commas, such as 21,22,23, not `{text}`"
        raise ConfigError(message) from error


def _world(
    interactions: int, days: int | None, *, levels: str | None, families: Families, of: Kind
) -> Spec:
    """What to simulate, its seed apart."""
    if of == "platform":
        # Two rings of each level asked for; else as many of every kind as a platform has.
        chosen = None if levels is None else dict.fromkeys(levels.split(","), 2)
        return SimulationSpec(
            interactions=interactions,
            days=PLATFORM_DAYS if days is None else days,
            levels=chosen,
            families=families,
        )
    if levels is not None or families != "own":
        message = f"{in_words(of)} has rings of its own: leave out `--levels` and `--families`"
        raise ConfigError(message)
    return table_spec(of, interactions=interactions, days=days)
