"""Spark sessions whose catalogue is Hive's, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TREE = Path(__file__).parents[1]


def said_by_a_session(
    program: str, *, metastore: int, settings: Mapping[str, str], place: Path, **given: object
) -> dict[str, Any]:
    """What a program prints last, in a process that may open a session over the metastore service.

    Its first argument is JSON: `settings` for its session, and whatever else is `given`.
    """
    everything = {
        "settings": {
            **settings,
            "spark.sql.catalogImplementation": "hive",
            "spark.hadoop.hive.metastore.uris": f"thrift://127.0.0.1:{metastore}",
            "spark.sql.warehouse.dir": f"{place}/warehouse",
        },
        **given,
    }
    found = subprocess.run(
        [sys.executable, "-c", program, json.dumps(everything)],
        capture_output=True,
        text=True,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(_TREE)},
        timeout=600,
    )

    assert found.returncode == 0, found.stderr[-3000:]
    said: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return said
