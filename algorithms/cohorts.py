"""Is a cohort more than chance: so many of a crowd made in so short a span?"""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
from scipy.stats import hypergeom

from graph.schema import Column, Schema
from graph.table import Table


def cohorts_against_chance(cohorts: Table, *, looks: int) -> Table:
    """The cohorts with `log10_p`: a scan of creation times, paid for.

    Of a crowd of `accounts` that came to one object by chance, those made in a given span are
    hypergeometric: `made` of the extract's `population` were. The span was chosen among those that
    begin at one of the crowd's own creation times, and among `looks` widths, so the tail is
    multiplied by both.

    Args:
        cohorts: with `accounts`, `cohort`, `population` and `made`, one row a cell.
        looks: how many widths are looked at.

    Source: a scan statistic with a union bound (Naus 1965) over the hypergeometric tail.
    """
    schema = Schema(
        "tested_cohorts",
        (*cohorts.schema.columns, Column("log10_p", "DOUBLE", "log10 of the chance of such")),
        key=cohorts.schema.key,
    )
    return cohorts.engine.each(cohorts, partial(_with_p, looks=looks, schema=schema.arrow), schema)


def _with_p(batch: pa.RecordBatch, *, looks: int, schema: pa.Schema) -> pa.RecordBatch:
    accounts, cohort, population, made = (
        batch[name].to_numpy().astype(np.float64)
        for name in ("accounts", "cohort", "population", "made")
    )
    # Fewer were made than the cohort has only if the extract is its crowd: then nothing is odd.
    tail = hypergeom.logsf(cohort - 1, population, np.maximum(made, cohort), accounts)
    logs = np.minimum(tail / np.log(10) + np.log10(accounts * looks), 0.0)
    return pa.RecordBatch.from_arrays([*batch.columns, pa.array(logs)], schema=schema)
