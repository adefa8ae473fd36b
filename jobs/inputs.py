"""What a run depends on outside its settings: the content of every input file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from builders.extracts.accounts import survey_accounts
from builders.extracts.survey import Survey, survey
from graph.errors import ExtractError, FileChanged
from jobs.config import DetectJob
from jobs.opening import engine_of


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a job reads, as it was when the run was named after it.

    Every file is hashed once, wherever the engine computes. The readings get the surveys, and
    refuse a file that is not what its digest was taken of (`builders.files.unchanged`).

    Attributes:
        extract: the extract's files.
        accounts: the account files; None where the job has none.
        lists: digests of the files of known-bad and known-good accounts.
    """

    extract: Survey
    accounts: Survey | None
    lists: tuple[str, ...]

    @property
    def digest(self) -> str:
        """A digest of every file's name, size and content."""
        surveys = [self.extract] if self.accounts is None else [self.extract, self.accounts]
        parts = [*(each.fingerprint for each in surveys), *self.lists]
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def inputs_of(job: DetectJob) -> Inputs:
    """What the job would read now.

    Raises:
        ExtractError: a file cannot be read, or there is none.
        ConfigError: a partition filter cannot be understood.
    """
    # Not yet the engine that computes: that one spills into the folder of runs, whose lock is
    # taken when the run has its name. On Spark both are of one session.
    engine = engine_of(job)
    try:
        extract = survey(engine, job.extract.tables)
        accounts = None if job.accounts is None else survey_accounts(engine, job.accounts)
    finally:
        engine.close()
    return Inputs(extract, accounts, _lists(job))


def refuse_changed_lists(job: DetectJob, looked_at: Inputs) -> None:
    """Raise unless the lists of known accounts, now read, are what the run is named after.

    Raises:
        FileChanged: somebody wrote to them in the meantime.
    """
    if _lists(job) != looked_at.lists:
        message = (
            "the lists of known accounts changed while the job began: they are not those that the"
            " run is named after; run the job again when nobody writes to them"
        )
        raise FileChanged(message)


def _lists(job: DetectJob) -> tuple[str, ...]:
    return tuple(_digest(path) for path in (job.seeds.bad, job.seeds.good) if path is not None)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        message = f"cannot read `{path}`: {error.strerror}"
        raise ExtractError(message) from error
