"""The scratch of one engine: on a file system that machines share, or in a folder of this one."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING

from graph.engines.spark.failures import first_line
from graph.engines.spark.files import uri_of
from graph.engines.spark.left_behind import tell_left_behind
from graph.engines.spark.marks import mark
from graph.engines.spark.preflight import check_cluster
from graph.engines.spark.scratch import Scratch, tell_default
from graph.engines.spark.sweeping import sweep_own
from graph.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SAYS = "Tables of a job while it runs; its end removes them, unless it is killed."


@dataclass(frozen=True, slots=True)
class EngineScratch:
    """A scratch, and the folder of this machine that was made for it; None where it is shared."""

    scratch: Scratch
    own_folder: Path | None
    given: str | None = None
    """How the user named it."""

    @classmethod
    def opened(cls, session: SparkSession, base: str | None, spill: Path | None) -> EngineScratch:
        """A scratch below `base`, or in a folder of its own where none is given.

        Args:
            session: what the engine runs on.
            base: a path or URI of a file system that driver and workers share.
            spill: the local folder for what is not shared; a temporary one by default.

        Raises:
            ConfigError: a cluster of several machines has no shared scratch.
            OSError: the file system refuses; nothing stays behind.
        """
        if base is not None:
            return cls(Scratch(session, base), None, base)
        _refuse_unshared(session.sparkContext.master)
        if spill is not None:
            spill.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(prefix="ringwatch-", dir=spill))
        try:
            return cls(Scratch(session, uri_of(own)), own)
        except BaseException:
            # Nobody would close what was never opened.
            shutil.rmtree(own, ignore_errors=True)
            raise

    @property
    def shared(self) -> bool:
        """Whether other machines see it."""
        return self.own_folder is None

    def check(self, session: SparkSession, spill: Path | None) -> None:
        """Look at executors and scratch; in a shared one say whose it is, and tell what is old.

        What a killed job left there that worked for the same folder is removed before.

        Args:
            session: what the engine runs on.
            spill: the local folder for which the engine works, and no other at this time; None
                where it works for no folder.

        Raises:
            NotOnThisEngine: an executor lacks something or has other versions.
            ConfigError: driver and executors do not see the same scratch.
        """
        check_cluster(session, self.scratch if self.shared else None)
        if self.shared:
            tell_default(session, self.given, self.scratch.base)
            self.come_forward(spill)
            if spill is not None:
                sweep_own(self.scratch.files, self.scratch.base, spill)
            tell_left_behind(session, self.scratch.files, self.scratch.base)

    def come_forward(self, spill: Path | None) -> None:
        """Say in a shared scratch whose the engine's tables are, and that it is at work."""
        if self.shared:
            mark(self.scratch.files, self.scratch.root, _SAYS, spill or Path())

    def close(self) -> None:
        """Remove it; nothing is raised, and what stays in a shared one is told."""
        try:
            self.scratch.close()
        except Exception as error:
            if self.shared:
                says = "`%s` could not be removed (%s); remove it when nobody uses it"
                getLogger(__name__).warning(says, self.scratch.root, first_line(error))
        if self.own_folder is not None:
            # A task that was interrupted may still be writing.
            shutil.rmtree(self.own_folder, ignore_errors=True)


def _refuse_unshared(master: str) -> None:
    if not master.startswith("local"):
        message = (
            f"Spark runs on `{master}`, so its tables need a place that all machines share: give"
            " `--scratch`, such as `hdfs:///tmp`"
        )
        raise ConfigError(message)
