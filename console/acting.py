"""Who does something on the command line: a name, held against the people of the store.

A name is not proved here: whoever has a shell and the store's file could write to it anyway. It
keeps honest people from doing by slip what their role does not do, and the history from names
that nobody has.
"""

from __future__ import annotations

from console.options import who
from review.people.acting import Refused
from review.store import Store


def by_whom(store: Store, by: str | None, *verbs: str) -> str:
    """The name that the history bears, of somebody who may do one of these things.

    Where the store has no people it is any name, this login's by default.

    Raises:
        Refused: the store has people, and nobody of this name may do so; with who may.
    """
    name = who(by)
    try:
        acting = store.people.acting(name)
    except Refused as error:
        message = f"{error}; say who does this with `--by NAME`"
        raise Refused(message) from error
    if not any(acting.may(verb, keeps=("not-own",)) for verb in verbs):
        # The first one says why.
        acting.demand(verbs[0], keeps=("not-own",))
    return name
