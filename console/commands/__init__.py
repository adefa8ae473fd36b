"""One file a command or two; `COMMANDS` lists them in the order of the help."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A command as the help lists it, and where its function stands.

    `says` is the first line of the function's docstring; a test holds them together.
    """

    panel: str
    name: str
    module: str
    says: str

    @property
    def function(self) -> str:
        """The function's name in its module."""
        return self.name.replace("-", "_")


COMMANDS: tuple[Entry, ...] = (
    Entry(
        "Find", "demo", "demo", "Simulate a platform, find its rings, and compare with the truth."
    ),
    Entry(
        "Find",
        "simulate",
        "simulate",
        "Write a simulated platform, or rings planted into a log; the truth lies apart.",
    ),
    Entry("Find", "inspect", "inspect", "Profile an extract before a run, and suggest a job file."),
    Entry(
        "Find", "detect", "detect", "Find coordinated clusters in an extract, and publish a run."
    ),
    Entry(
        "Find",
        "submit",
        "submit",
        "Run a job on a Spark cluster by spark-submit, without installing Ringwatch there.",
    ),
    Entry(
        "Find", "network", "network", "Write one co-action network of a file, without a job file."
    ),
    Entry(
        "Find",
        "evaluate",
        "evaluate",
        "Hold the clusters of an extract against labels: precision, recall, rings, look-alikes.",
    ),
    Entry(
        "Review",
        "serve",
        "serve",
        "Open the web console: people sign in; where the store has none, a link lets one in.",
    ),
    Entry("Review", "clusters", "clusters", "List suspect clusters, the most suspect first."),
    Entry(
        "Review", "show", "show", "Tell why a cluster was flagged, and the posts behind its edges."
    ),
    Entry("Review", "account", "account", "Tell what is known of an account, and what it did."),
    Entry("Review", "expand", "account", "List the strongest partners of an account, and theirs."),
    Entry("Review", "near", "account", "List the accounts nearest to seeds that are not flagged."),
    Entry(
        "Review",
        "identity",
        "identity",
        "Tell where a cluster was seen over all runs, what it split from and merged into.",
    ),
    Entry(
        "Review", "decide", "decide", "Decide on a cluster, or take a decision back with `undo`."
    ),
    Entry(
        "Review",
        "second",
        "second",
        "Review a decision as the second person, without knowing it; `undo` takes that back.",
    ),
    Entry(
        "Review",
        "settle",
        "second",
        "Settle a decision and a second review that differ; not for one of the two.",
    ),
    Entry(
        "Review",
        "reviews",
        "second",
        "List what awaits a second person, and how often two agree; set when one is asked for.",
    ),
    Entry(
        "Review",
        "claim",
        "claim",
        "Claim a cluster for some minutes, let go of it, or list who is at work on what.",
    ),
    Entry(
        "Review",
        "train",
        "train",
        "Teach the scorecard by reviewers' decisions, and say whether it got better.",
    ),
    Entry(
        "Hand over", "export", "export", "Export members of confirmed clusters, with a manifest."
    ),
    Entry(
        "Hand over",
        "deliver",
        "deliver",
        "Propose a delivery of confirmed accounts; somebody else approves it.",
    ),
    Entry(
        "Hand over",
        "deliveries",
        "deliveries",
        "List deliveries with their states, or the accounts of one with their receipts.",
    ),
    Entry(
        "Hand over",
        "approve",
        "deliveries",
        "Let a held delivery leave; not for who took one of its decisions.",
    ),
    Entry(
        "Hand over", "cancel", "deliveries", "Keep a delivery that was not sent yet from leaving."
    ),
    Entry(
        "Hand over",
        "send",
        "deliveries",
        "Send what is approved and due; what fails is tried again when this is called later.",
    ),
    Entry(
        "Hand over",
        "receipts",
        "deliveries",
        "Take in what a receiver says became of each account.",
    ),
    Entry(
        "Hand over",
        "recall",
        "deliver",
        "Take back what a delivery sent, by a delivery of its own; then `ringwatch send` it.",
    ),
    Entry(
        "Hand over", "suppress", "suppress", "List what never leaves; add to it, or lift an entry."
    ),
    Entry(
        "Hand over", "report", "export", "Write HTML pages of the top clusters that open offline."
    ),
    Entry("Look after", "runs", "runs", "List published runs, the newest first, and broken ones."),
    Entry(
        "Look after", "config", "config", "Show the settings of a job with defaults and sources."
    ),
    Entry(
        "Look after",
        "people",
        "people",
        "Add people, give them roles and tokens; a password is asked for, or read from stdin.",
    ),
    Entry(
        "Look after",
        "audit",
        "audit",
        "Verify the history's chain of hashes, or anchor it in a file elsewhere.",
    ),
    Entry(
        "Look after", "doctor", "doctor", "Check Python, libraries, disk, the runs and the store."
    ),
    Entry(
        "Look after",
        "sweep",
        "sweep",
        "List, or remove, what killed jobs left in a scratch of Spark.",
    ),
)
"""Every command, in the order of the help."""
