"""Accounts under pseudonyms: an account has one, and none leads back without the key."""

from __future__ import annotations

import hashlib
import hmac

from review.people.acting import Refused

_LETTERS = 24


def pseudonym(account: str, key: bytes | None) -> str:
    """The pseudonym of an account: HMAC-SHA256 of its id, 96 bits of it.

    Raises:
        Refused: the console was started without a key.
    """
    if key is None:
        message = (
            "accounts are shown to you under pseudonyms, and the console has no key to make them"
            " with; whoever starts it gives one: `ringwatch serve --pseudonym-key-env NAME`"
        )
        raise Refused(message)
    made = hmac.new(key, account.encode(), hashlib.sha256).hexdigest()
    return f"p-{made[:_LETTERS]}"
