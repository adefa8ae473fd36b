"""The first step of a run: the extract and what is known of its accounts, read and kept."""

from __future__ import annotations

from typing import Any

from builders.extracts.accounts import read_accounts
from builders.extracts.read import OverBudget, Reading, read_extract
from graph.schemas import ACCOUNTS, INTERACTIONS, QUARANTINE, READING
from jobs.config import DetectJob
from jobs.detector import World
from jobs.inputs import Inputs, refuse_changed_lists
from jobs.progress import Progress
from jobs.seeds import read_seeds
from jobs.set_aside import written_aside
from jobs.steps import Steps


def world_read(
    job: DetectJob, steps: Steps, inputs: Inputs, said: Progress
) -> tuple[World, dict[str, Any]]:
    """What the detectors look at, with the totals of the accounting for the manifest.

    Raises:
        ExtractError: the extract cannot be read, or a list of accounts changed meanwhile.
        OverBudget: too much was set aside; it stands in the folder that the message names.
    """
    said.step("read", "read the extract")
    steps.make("reading", lambda: _read_anew(job, steps, inputs, said))
    carried = steps.kept("interactions", job.extract.schema)
    interactions = carried
    if carried.schema.names != INTERACTIONS.names:
        interactions = steps.engine.project(carried, INTERACTIONS)
    accounts = steps.kept("accounts", ACCOUNTS) if job.accounts is not None else None
    seeds = read_seeds(steps.engine, job.seeds.bad, job.seeds.good)
    refuse_changed_lists(job, inputs)
    world = World(interactions, carried=carried, accounts=accounts, seeds=seeds, seed=job.job.seed)
    return world, _totals(job, steps)


def _read_anew(job: DetectJob, steps: Steps, inputs: Inputs, said: Progress) -> None:
    """Read the extract and what is known of the accounts, and keep both.

    Raises:
        OverBudget: too much was set aside; it stands in the folder that the message names.
    """
    try:
        reading = read_extract(
            steps.engine,
            job.extract,
            progress=lambda done: said.rows(done.bytes_done, done.bytes, "bytes"),
            surveyed=inputs.extract,
        )
        steps.writer.keep(reading.interactions, "interactions")
        read = [reading, *_accounts_read(job, steps, inputs)]
    except OverBudget as error:
        # While the engine has the quarantine: a step that raises leaves no table.
        writer = steps.writer
        raise written_aside(error, writer.out / "quarantine" / writer.run) from error
    steps.writer.add(steps.engine.union([one.quarantine for one in read], QUARANTINE), "quarantine")
    steps.writer.add(steps.engine.union([one.files for one in read], READING), "reading")
    for note in (note for one in read for note in one.notes):
        said.note(note)


def _accounts_read(job: DetectJob, steps: Steps, inputs: Inputs) -> list[Reading]:
    """The reading of what is known of the accounts, its rows kept; empty where nothing is."""
    if job.accounts is None:
        return []
    known = read_accounts(steps.engine, job.accounts, surveyed=inputs.accounts)
    steps.writer.keep(known.rows, "accounts")
    return [known]


def _totals(job: DetectJob, steps: Steps) -> dict[str, Any]:
    """The accounting identity's sums over all files of interactions."""
    files = steps.kept("reading", READING)
    row = steps.engine.query(
        """
        select count(*) as files, coalesce(sum(rows_read), 0) as rows_read,
               coalesce(sum(rows_used), 0) as rows_used,
               coalesce(sum(rows_deduplicated), 0) as rows_deduplicated,
               coalesce(sum(rows_quarantined), 0) as rows_quarantined,
               coalesce(sum(rows_rejected), 0) as rows_rejected
        from {files}
        where source <> $accounts
        """,
        {"accounts": job.accounts.table.name if job.accounts is not None else ""},
        files=files,
    ).to_pylist()[0]
    return {name: int(value) for name, value in row.items()}
