"""Posts by their wording, in arrays: what was posted, how often, by how many; what took no part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.copied_text import Found
from graph.texts import LEFT_OUT, NAMED_VIRAL, TEXTS, Reading

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


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


def read_wording(posts: pa.Table, reading: Reading) -> Wording:
    """Posts (`account`, `acted_at`, `text`) with their texts made normal, each wording once."""
    raw = _encoded(posts["text"])
    normal = pa.array(reading.normals(raw.dictionary.to_pylist()), pa.string())
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


def joining_texts(wording: Wording, found: Found, reading: Reading) -> pa.Table:
    """The texts that could join accounts (`TEXTS`), given what the kernel found."""
    alikes, of_object = found.alikes, found.object
    of_text = _shares(wording.text, wording.account)
    takes_part = ~alikes.short & ~alikes.viral
    liked = np.zeros(len(takes_part), np.bool_)
    liked[alikes.left] = True
    kept = np.flatnonzero(takes_part & (liked | (of_text > 1)))
    of_kept = np.isin(wording.text, kept)
    posters = _shares(of_object[wording.text[of_kept]], wording.account[of_kept])
    objects, names = _object_names(wording, of_object, np.isin(wording.text_of_raw, kept), reading)
    posts = np.bincount(wording.text, minlength=len(takes_part))
    return pa.table(
        {
            "text": [reading.key(text) for text in wording.texts.take(pa.array(kept)).to_pylist()],
            "object": names.take(pa.array(np.searchsorted(objects, of_object[kept]))),
            "words": alikes.words[kept],
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
    wording: Wording, object_of_text: Ints, raws_kept: Flags, reading: Reading
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
    return found, pa.array([reading.key(raw) for raw in chosen.to_pylist()], pa.string())


def texts_left_out(wording: Wording, found: Found, reading: Reading) -> pa.Table:
    """Viral texts, the most shared by name and the rest together, worn and short (`LEFT_OUT`)."""
    numbers = np.flatnonzero(found.alikes.viral)
    keys = [reading.key(text) for text in wording.texts.take(pa.array(numbers)).to_pylist()]
    place = np.empty(len(numbers), np.int64)
    place[pc.sort_indices(pa.array(keys, pa.string())).to_numpy()] = np.arange(len(numbers))
    accounts, posts = _shares(wording.text, wording.account), np.bincount(wording.text)
    order = np.lexsort((place, -accounts[numbers]))
    rows = [_one_viral(keys[n], numbers[n], accounts, posts) for n in order[:NAMED_VIRAL].tolist()]
    for bound, texts in (
        ("viral-rest", numbers[order[NAMED_VIRAL:]]),
        ("worn", np.flatnonzero(found.alikes.worn)),
        ("short", np.flatnonzero(found.alikes.short)),
    ):
        if len(texts):
            rows.append(_together(bound, wording, texts))
    return pa.Table.from_pylist(rows, schema=LEFT_OUT.arrow)


def _one_viral(key: str, text: int, accounts: Ints, posts: Ints) -> dict[str, object]:
    return {
        "bound": "viral",
        "subject": key,
        "texts": 1,
        "accounts": accounts[text],
        "posts": posts[text],
        "pairs": _pairs(posts[text]),
    }


def _together(bound: str, wording: Wording, texts: Ints) -> dict[str, object]:
    of_texts = np.isin(wording.text, texts)
    posts = np.bincount(wording.text[of_texts])
    return {
        "bound": bound,
        "subject": "",
        "texts": len(texts),
        "accounts": np.count_nonzero(np.bincount(wording.account[of_texts])),
        "posts": int(of_texts.sum()),
        "pairs": sum(_pairs(n) for n in posts[posts > 1]),
    }


def _pairs(posts: int) -> int:
    return int(posts) * (int(posts) - 1) // 2
