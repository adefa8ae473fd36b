"""Ringwatch for notebooks: `import ringwatch as rw`. The verbs of the command line, frames out.

run = rw.detect("posts.parquet", account="user", object="url", time="at", out="runs")
run.clusters()
run.show("#1")
"""

from builders.simulation.simulate import Simulated
from graph.errors import (
    BudgetExceeded,
    ConfigError,
    ExtractError,
    NotOnThisEngine,
    RingwatchError,
    SchemaError,
    StoreError,
)
from ringwatch.connecting import Console, connect
from ringwatch.drawn import Graph
from ringwatch.finding import detect, inspect, simulate
from ringwatch.joining import network
from ringwatch.looking import open, runs
from ringwatch.pages import Account, Cluster
from ringwatch.run import Run

__all__ = [
    "Account",
    "BudgetExceeded",
    "Cluster",
    "ConfigError",
    "Console",
    "ExtractError",
    "Graph",
    "NotOnThisEngine",
    "RingwatchError",
    "Run",
    "SchemaError",
    "Simulated",
    "StoreError",
    "connect",
    "detect",
    "inspect",
    "network",
    "open",
    "runs",
    "simulate",
]
