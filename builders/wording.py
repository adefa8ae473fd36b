"""Posts by their wording: what was posted, how often, by how many, and what a bound left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from builders.normal_text import normal_text, text_key
from graph.schema import Column, Schema

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TEXTS = Schema(
    "texts",
    (
        Column("text", "VARCHAR", "the key of a normal text that takes part"),
        Column("object", "VARCHAR", "the readable name of all texts that likeness joins to it"),
        Column("words", "BIGINT", "its distinct words"),
        Column("posts", "BIGINT", "posts of this text"),
        Column("accounts", "BIGINT", "accounts that posted this text"),
        Column("object_accounts", "BIGINT", "accounts that posted any text of the object"),
    ),
    key=("text",),
)
"""Texts that two accounts or more posted, or posted the like of; viral texts are not among them."""

BOUNDED_TEXTS = 1_000
"""Viral texts named one by one in the bounds; the rest of them make one row."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Posts as arrays: who posted (`ids[account]`), when, in which text (`texts[text]`).

    `text_of_raw[raw]` is the normal text of the wording `raws[raw]` that post `raw` has.
    """

    ids: pa.StringArray
    texts: pa.StringArray
    raws: pa.StringArray
    account: Ints
    acted_at: Ints
    raw: Ints
    text_of_raw: Ints

    @property
    def text(self) -> Ints:
        """The normal text of each post."""
        return self.text_of_raw[self.raw]


def read_wording(posts: pa.Table) -> Wording:
    """Posts (`account`, `acted_at`, `text`) with their texts made normal, each wording once."""
    raw = _encoded(posts["text"])
    normal = pa.array([normal_text(text) for text in raw.dictionary.to_pylist()], pa.string())
    texts = normal.dictionary_encode()
    ids = pc.unique(posts["account"])
    ids = ids.take(pc.sort_indices(ids))
    return Wording(
        ids=ids,
        texts=texts.dictionary,
        raws=raw.dictionary,
        account=pc.index_in(posts["account"], value_set=ids).to_numpy().astype(np.int64),
        acted_at=posts["acted_at"].to_numpy(),
        raw=raw.indices.to_numpy().astype(np.int64),
        text_of_raw=texts.indices.to_numpy().astype(np.int64),
    )


def _encoded(strings: pa.ChunkedArray) -> pa.DictionaryArray:
    encoded = strings.dictionary_encode().combine_chunks()
    return encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded


def joining_texts(wording: Wording, found: Any) -> pa.Table:  # noqa: ANN401 - the engine's value
    """The texts that could join accounts (`TEXTS`), given what the kernel found."""
    of_text, of_object = _shares(wording.text, wording.account), found.object
    takes_part = ~found.short & ~found.viral
    liked = np.zeros(len(takes_part), np.bool_)
    liked[found.left] = True
    kept = np.flatnonzero(takes_part & (liked | (of_text > 1)))
    of_kept = np.isin(wording.text, kept)
    posters = _shares(of_object[wording.text[of_kept]], wording.account[of_kept])
    objects, names = _object_names(wording, of_object, np.isin(wording.text_of_raw, kept))
    posts = np.bincount(wording.text, minlength=len(takes_part))
    return pa.table(
        {
            "text": [text_key(text) for text in wording.texts.take(pa.array(kept)).to_pylist()],
            "object": names.take(pa.array(np.searchsorted(objects, of_object[kept]))),
            "words": found.words[kept],
            "posts": posts[kept],
            "accounts": of_text[kept],
            "object_accounts": posters[of_object[kept]] if len(kept) else kept,
        },
        schema=TEXTS.arrow,
    )


def _shares(thing: Ints, account: Ints) -> Ints:
    """How many distinct accounts each thing has."""
    accounts = int(account.max(initial=0)) + 1
    pairs = np.sort(thing * accounts + account)
    first = np.concatenate(([True], pairs[1:] != pairs[:-1]))[: len(pairs)]
    return np.bincount(pairs[first] // accounts, minlength=int(thing.max(initial=-1)) + 1)


def _object_names(
    wording: Wording, object_of_text: Ints, raws_kept: Flags
) -> tuple[Ints, pa.StringArray]:
    """Objects in order, and of each its wording that was posted most; of equals the least."""
    raws = np.flatnonzero(raws_kept)
    strings = wording.raws.take(pa.array(raws))
    place = np.empty(len(raws), np.int64)
    place[pc.sort_indices(strings).to_numpy()] = np.arange(len(raws))
    posts = np.bincount(wording.raw, minlength=len(wording.raws))[raws]
    objects = object_of_text[wording.text_of_raw[raws]]
    order = np.lexsort((place, -posts, objects))
    found, first = np.unique(objects[order], return_index=True)
    chosen = strings.take(pa.array(order[first]))
    return found, pa.array([text_key(raw) for raw in chosen.to_pylist()], pa.string())


def viral_bounds(
    wording: Wording, viral: Flags, *, layer: str, hub_accounts: int
) -> Iterator[dict[str, object]]:
    """`BOUNDS` rows of viral texts: the most shared by name, the rest together."""
    accounts, posts = _shares(wording.text, wording.account), np.bincount(wording.text)
    numbers = np.flatnonzero(viral)
    keys = pa.array([text_key(t) for t in wording.texts.take(pa.array(numbers)).to_pylist()])
    place = np.empty(len(numbers), np.int64)
    if len(numbers):
        place[pc.sort_indices(keys).to_numpy()] = np.arange(len(numbers))
    order = np.lexsort((place, -accounts[numbers]))
    says = f"joins nobody: it and texts like it have more than {hub_accounts} accounts"
    named, rest = order[:BOUNDED_TEXTS], numbers[order[BOUNDED_TEXTS:]]
    for n in named:
        text = numbers[n]
        yield {
            "layer": layer,
            "bound": "hub-accounts",
            "subject": keys[n].as_py(),
            "accounts": accounts[text],
            "interactions": posts[text],
            "pairs_not_counted": _pairs(posts[text]),
            "says": says,
        }
    if len(rest):
        of_rest = np.isin(wording.text, rest)
        yield {
            "layer": layer,
            "bound": "hub-accounts-rest",
            "subject": f"{len(rest)} further texts",
            "accounts": np.count_nonzero(np.bincount(wording.account[of_rest])),
            "interactions": int(of_rest.sum()),
            "pairs_not_counted": sum(_pairs(n) for n in posts[rest]),
            "says": f"{says}, each of them",
        }


def short_bound(
    wording: Wording, short: Flags, *, layer: str, at_least_words: int
) -> Iterator[dict[str, object]]:
    """The `BOUNDS` row of texts with too few words, when there are any."""
    of_short = short[wording.text]
    if of_short.any():
        posts = np.bincount(wording.text[of_short])
        yield {
            "layer": layer,
            "bound": "at-least-words",
            "subject": f"{int(short.sum())} texts",
            "accounts": np.count_nonzero(np.bincount(wording.account[of_short])),
            "interactions": int(of_short.sum()),
            "pairs_not_counted": sum(_pairs(n) for n in posts[posts > 1]),
            "says": f"join nobody: fewer than {at_least_words} distinct words, alike by chance",
        }


def ignored_bound(row: Mapping[str, Any], *, layer: str) -> dict[str, object]:
    """The `BOUNDS` row of an action whose texts were not read."""
    return {
        "layer": layer,
        "bound": "ignored-action",
        "subject": row["action"],
        "accounts": row["accounts"],
        "interactions": row["interactions"],
        "pairs_not_counted": _pairs(row["interactions"]),
        "says": "not read: its text is somebody else's",
    }


def _pairs(posts: int) -> int:
    return int(posts) * (int(posts) - 1) // 2
