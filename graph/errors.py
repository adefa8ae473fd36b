"""Errors, sorted by who can mend them.

RingwatchError
    ConfigError         the job file or the command asks for something that is not there
    ExtractError        the extract is not what the builder expects: mend the extract
        BudgetExceeded  more rows were quarantined than the budget allows
        FileChanged     a file is not the one that was looked at: wait for its writer
        FileUnreadable  a file is not handed over: mend the right, the disk or the network
    SchemaError         a table does not have the columns that its schema promises
    NotOnThisEngine     this engine or installation cannot do it: choose another
    StoreError          the run folder or the review store refused: nothing was written

A message says the fact, what was there instead, and the mend. It starts in lower case, puts names
in backticks and has no full stop at its end, so that messages join well. The command line maps
each class to its own exit code (`exit_code`).
"""


class RingwatchError(Exception):
    """Any failure that Ringwatch can explain."""

    exit_code = 1


class ConfigError(RingwatchError):
    """The job file or the command asks for something that is not there."""

    exit_code = 2


class ExtractError(RingwatchError):
    """The extract is not what the builder expects."""

    exit_code = 3


class BudgetExceeded(ExtractError):
    """More rows or files were set aside than the quarantine budget allows."""

    exit_code = 4


class FileChanged(ExtractError):
    """A file is not, or no longer, what it was when it was looked at."""


class FileUnreadable(ExtractError):
    """A file is not handed over, whatever lies in it."""


class SchemaError(RingwatchError):
    """A table does not have the columns that its schema promises."""

    exit_code = 3


class NotOnThisEngine(RingwatchError):
    """This engine or installation cannot do what was asked."""

    exit_code = 5


class StoreError(RingwatchError):
    """The run folder or the review store refused; nothing was written."""

    exit_code = 6
