"""Which kind of simulated world is asked for, as `simulate` and `evaluate` are told it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from builders.simulation.kinds import TableKind
from graph.errors import ConfigError

Kind = Literal["platform"] | TableKind
"""Five tables of a platform, or one: of its rings, by one who knew none, by figures, of goods, of
communities."""

KINDS = ("flat", "outside", "fortnight", "marketplace", "forum")
"""The options that ask for one table."""

PLATFORM_DAYS = 14
"""How long a platform lasts unless it is told."""

Flat = Annotated[bool, typer.Option("--flat", help="A world of one plain table and its labels.")]
Outside = Annotated[
    bool, typer.Option("--outside", help="Such a world by one who knew no detector.")
]
Fortnight = Annotated[
    bool, typer.Option("--fortnight", help="Such a world by published figures.")
]  # fmt: skip
Marketplace = Annotated[
    bool,
    typer.Option("--marketplace", help="Such a world of goods and reviews."),
]
Forum = Annotated[
    bool,
    typer.Option("--forum", help="Such a world of communities, unknown to the scorecard."),
]


def kind_asked(
    *, flat: bool, outside: bool, fortnight: bool, marketplace: bool, forum: bool
) -> Kind:
    """What kind of world is asked for: a platform, unless one table is.

    Raises:
        ConfigError: two kinds are.
    """
    given: dict[Kind, bool] = {
        "flat": flat,
        "outside": outside,
        "fortnight": fortnight,
        "marketplace": marketplace,
        "forum": forum,
    }
    asked = [kind for kind, asked_for in given.items() if asked_for]
    if len(asked) > 1:
        kinds = " and ".join(f"`--{kind}`" for kind in asked)
        count = {2: "two", 3: "three", 4: "four", 5: "five"}[len(asked)]
        message = f"{kinds} are {count} kinds of worlds: say one of them"
        raise ConfigError(message)
    return asked[0] if asked else "platform"


def in_words(kind: Kind) -> str:
    """A world of a kind, as a sentence names it."""
    return f"{'an' if kind == 'outside' else 'a'} {kind} world"
