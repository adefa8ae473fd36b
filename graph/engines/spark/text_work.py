"""What workers do for copied text: compiled kernels over a cell of word sets or a part of posts."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.copied_text import DAY_MS, posts_in_order
from graph.engines.kernels.components import component_labels
from graph.engines.kernels.copies import COUNTS, LikeTexts, copies, matches
from graph.engines.kernels.jaccard import Posters, WordSets, first_shared, pairs_before_bounds
from graph.engines.kernels.retold import retold_pairs
from graph.engines.spark.text_sets import column, lists, numbers, sets_of
from graph.texts import Alike

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MET = pa.schema(
    [
        ("one", pa.int64()),
        ("near", pa.int64()),
        ("likeness", pa.float64()),
        ("accounts", pa.int64()),
        ("retold", pa.bool_()),
    ]
)
"""A text, one like it (null: the text is viral), their likeness, accounts that posted that one;
`retold` where they are one text retold (null: the text is worn)."""

COUNTED = pa.schema(
    [(name, pa.int64()) for name in ("one", "other", *COUNTS)]
    + [("object", pa.int64()), ("day", pa.int64())]
)
"""Counts of an ordered pair of accounts; or an object and day of one, where `object` is not null"""

LABELS = pa.schema([("text", pa.int64()), ("object", pa.int64())])


def like_in_cell(rows: pa.Table, *, alike: Alike, of: int) -> pa.Table:
    """The pairs of like texts that a cell has to give (`MET`), and the texts viral in it alone.

    Args:
        rows: what the cell holds (`text_cells.cells`).
        alike: when texts are alike.
        of: how many texts there are in all cells.
    """
    numba.set_num_threads(1)
    sets, known, found_in = sets_of(rows)
    of_accounts, accounts, _ = lists(rows, "accounts")
    posters = Posters(of_accounts, accounts, numbers(rows, "first_at"), numbers(rows, "last_at"))
    bounds = {"within": alike.within_ms, "hub_accounts": alike.hub_accounts}
    like = pairs_before_bounds(sets, posters, likeness=alike.likeness, **bounds)
    parts = [_met(rows, sets, known, *like, retold=False)]
    if alike.retold is not None:
        told = retold_pairs(sets, found_in, posters, of=of, likeness=alike.retold, **bounds)
        parts.append(_met(rows, sets, known, *told, retold=True))
    return pa.concat_tables(parts)


def _met(
    rows: pa.Table, sets: WordSets, known: Ints, pairs: Ints, viral: Flags, *, retold: bool
) -> pa.Table:
    pairs = pairs[_belongs(rows, sets, known, pairs)]
    left, right, shared = pairs[:, 0], pairs[:, 1], pairs[:, 2]
    text = numbers(rows, "text")
    posters = pc.list_value_length(column(rows, "accounts")).to_numpy()
    found = {
        "one": text[left],
        "near": text[right],
        "likeness": shared / (sets.sizes[left] + sets.sizes[right] - shared),
        "accounts": posters[right],
        "retold": np.full(len(pairs), retold),
    }
    alone = {"one": text[viral], "retold": np.full(int(viral.sum()), retold)}
    alone = {
        name: alone.get(name, pa.nulls(int(viral.sum()), MET.field(name).type))
        for name in MET.names
    }
    return pa.concat_tables([pa.table(found, schema=MET), pa.table(alone, schema=MET)])


def _belongs(rows: pa.Table, sets: WordSets, known: Ints, pairs: Ints) -> npt.NDArray[np.bool_]:
    """Which pairs count here: their rarest shared word brought both, and to the right sides."""
    here = column(rows, "here")
    owner = np.repeat(np.arange(rows.num_rows), pc.list_value_length(here).to_numpy())
    word = np.searchsorted(known, pc.list_flatten(here).to_numpy())
    homes = owner * len(known) + word
    rarest = first_shared(sets.starts, sets.words, pairs[:, 0], pairs[:, 1])
    side = numbers(rows, "side")
    one, other = side[pairs[:, 0]], side[pairs[:, 1]]
    belongs: npt.NDArray[np.bool_] = (one == 0) | (one != other)
    for end in (0, 1):
        belongs &= np.isin(pairs[:, end] * len(known) + rarest, homes)
    return belongs


def copies_in_part(likes: pa.Table, posts: pa.Table, *, within: int) -> pa.Table:
    """What the posts of a part's own texts match (`COUNTED`).

    Args:
        likes: pairs of like texts (`one` is the part's own, `near` perhaps another's), with their
            `object`; `big` is -1 where the part has all texts of its objects.
        posts: `text`, `account`, `acted_at` of all texts that the pairs name.
        within: the most time between posts that match.
    """
    texts, text = np.unique(numbers(posts, "text"), return_inverse=True)
    accounts, account = np.unique(numbers(posts, "account"), return_inverse=True)
    at = numbers(posts, "acted_at")
    order = np.lexsort((at, account, text))
    given = posts_in_order(text[order], account[order], at[order], len(texts))
    like, objects = _like_texts(likes, texts)
    settings = {"accounts": len(accounts), "within": within, "at_least": 1}
    if not len(likes) or likes["big"][0].as_py() < 0:
        own, other, counts = copies(given, like, **settings)
        return _counted(accounts[own], accounts[other], counts)
    pairs, counted, noted = matches(given, like, **settings)
    own, other = accounts[pairs[:, 0]], accounts[pairs[:, 1]]
    counts = {name: counted[:, place] for place, name in enumerate(COUNTS)}
    noted = np.unique(noted, axis=0)
    days = np.unique(at // DAY_MS)
    named = {
        "one": own[noted[:, 0]],
        "other": other[noted[:, 0]],
        "object": objects[noted[:, 1] // len(days)],
        "day": days[noted[:, 1] % len(days)],
    }
    named = {name: named.get(name, pa.nulls(len(noted), pa.int64())) for name in COUNTED.names}
    return pa.concat_tables([_counted(own, other, counts), pa.table(named, schema=COUNTED)])


def _like_texts(likes: pa.Table, texts: Ints) -> tuple[LikeTexts, Ints]:
    left = np.searchsorted(texts, numbers(likes, "one"))
    right = np.searchsorted(texts, numbers(likes, "near"))
    objects, number = np.unique(numbers(likes, "object"), return_inverse=True)
    of_text = np.zeros(len(texts), np.int64)
    of_text[left] = of_text[right] = number
    order = np.lexsort((right, left))
    starts = np.searchsorted(left[order], np.arange(len(texts) + 1)).astype(np.int64)
    return LikeTexts(starts=starts, texts=right[order], object=of_text), objects


def _counted(own: Ints, other: Ints, counts: dict[str, Ints]) -> pa.Table:
    nothing = pa.nulls(len(own), pa.int64())
    columns = {"one": own, "other": other, **counts, "object": nothing, "day": nothing}
    return pa.table(columns, schema=COUNTED)


def objects_at_once(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Of each text of all like pairs (`one`, `near`) its object: the least that a chain reaches."""
    given = list(batches)
    if not given:
        return
    pairs = pa.Table.from_batches(given)
    left, right = numbers(pairs, "one"), numbers(pairs, "near")
    texts = np.unique(np.concatenate((left, right)))
    labels = component_labels(
        len(texts), np.searchsorted(texts, left), np.searchsorted(texts, right)
    )
    yield from pa.table({"text": texts, "object": texts[labels]}, schema=LABELS).to_batches()
