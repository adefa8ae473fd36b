"""How many tasks a session may run at once: what it has now, and what it was promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LEAST = 2
_SHUFFLED_INTO = 2
_DYNAMIC = "spark.dynamicAllocation.enabled"
_NO_LIMIT = str(2**31 - 1)


def tasks_at_once(session: SparkSession) -> int:
    """The cores there are, or more where the session's settings say that more will come.

    Executors register one after the other, and dynamic allocation begins with few: what is there
    when a job begins may be a hundredth of what it will have.
    """
    context = session.sparkContext
    return max(_LEAST, int(context.defaultParallelism), _promised(dict(context.getConf().getAll())))


def shuffled_into(tasks: int) -> int:
    """Into how many partitions rows are shuffled where so many tasks run at once."""
    return _SHUFFLED_INTO * tasks


def _promised(settings: Mapping[str, str]) -> int:
    """Cores that a cluster's session will have by its settings; 0 where they do not say."""
    if settings.get("spark.master", "").startswith("local"):
        return 0
    cores = int(settings.get("spark.executor.cores", "1"))
    if settings.get(_DYNAMIC, "false") == "true":
        # Without a limit nobody knows; the executors it begins with are there already.
        most = settings.get("spark.dynamicAllocation.maxExecutors", _NO_LIMIT)
        executors = 0 if most in (_NO_LIMIT, "infinity") else int(most)
    else:
        executors = int(settings.get("spark.executor.instances", "0"))
    return max(executors * cores, int(settings.get("spark.cores.max", "0")))
