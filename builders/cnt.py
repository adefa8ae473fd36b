"""Directed networks by the definition of the Coordination Network Toolkit (QUT, version 1.5.2).

The weight from u to v is the number of u's distinct messages that have a match among v's messages:
another message with the same key at most a window away. So the two directions differ. What the key
is makes the network: the reposted post, a link, the post replied to, the text, or nothing at all.

Source: Graham, QUT Digital Observatory, Coordination Network Toolkit (2020,
doi:10.25912/RDF_1632782596538).
"""

from __future__ import annotations

from typing import Literal, get_args

import pyarrow as pa

from builders.cnt_text import plain_text, similar_pairs
from builders.windows import ACT, BIN, milliseconds, window_values
from graph.errors import ConfigError, NotOnThisEngine
from graph.schema import Column, Schema
from graph.schemas import EDGES
from graph.table import Table

Network = Literal["co_retweet", "co_link", "co_reply", "co_tweet", "co_post", "co_similar_tweet"]

CNT_MESSAGES = Schema(
    "cnt_messages",
    (
        Column("message", "VARCHAR", "the message's id"),
        Column("account", "VARCHAR", "who wrote it"),
        Column("repost", "VARCHAR", "the message that it reposts", nullable=True),
        Column("reply", "VARCHAR", "the message that it replies to", nullable=True),
        Column("text", "VARCHAR", "its words", nullable=True),
        Column("acted_at", "BIGINT", "when, ms since 1970 UTC"),
        Column("urls", "VARCHAR", "its links, a space between them", nullable=True),
    ),
    key=("message", "acted_at", "account"),
)
"""The toolkit's input without user names."""

_KEYED = Schema(
    "keyed",
    (
        Column("message", "VARCHAR", "the message's id"),
        Column("account", "VARCHAR", "who wrote it"),
        Column("acted_at", "BIGINT", "when, ms"),
        Column("key", "VARCHAR", "what has to be equal"),
    ),
    key=("message", "key"),
)
_ORIGINALS = Schema(
    "originals",
    (
        Column("message", "VARCHAR", "the message's id"),
        Column("account", "VARCHAR", "who wrote it"),
        Column("acted_at", "BIGINT", "when, ms"),
        Column("text", "VARCHAR", "its words"),
        Column("urls", "VARCHAR", "its links, a space between them"),
    ),
    key=("message",),
)
_MATCHES = Schema(
    "matches",
    (
        Column("message", "VARCHAR", "a message"),
        Column("other", "VARCHAR", "a message that is similar and near in time"),
    ),
    key=("message", "other"),
)


def cnt_network(
    messages: Table,
    *,
    network: Network,
    within_seconds: float,
    min_edge_weight: int = 2,
    loops: bool = False,
    release: Literal["head", "1.5.2"] = "head",
    similarity: float = 0.9,
    min_words: int = 1,
) -> Table:
    """The directed edges (`EDGES`) that the toolkit would give for `CNT_MESSAGES`.

    `weight` and `src_count` are the distinct messages of `src` that have a match among those of
    `dst`; `dst_count` the distinct matches; the layer is the network's name.

    Args:
        messages: one row a message; of rows with one id the earliest is taken.
        network: which network.
        within_seconds: the window, both ends counted.
        min_edge_weight: the least weight, tested for each direction by itself.
        loops: whether to give edges of an account to itself.
        release: in `1.5.2` a message also matches itself, which changes loops alone.
        similarity: for `co_similar_tweet`, the least Jaccard similarity of the sets of words.
        min_words: for `co_similar_tweet`, the least distinct words of a message.

    Raises:
        ConfigError: a setting is out of its range.
        NotOnThisEngine: `co_similar_tweet`, on any engine but the local one.
    """
    if network not in get_args(Network):
        known = ", ".join(f"`{name}`" for name in get_args(Network))
        message = f"there is no network `{network}`; there is {known}"
        raise ConfigError(message)
    first = _first_of_each(messages)
    settings = {"itself": release == "1.5.2", "loops": loops, "least": min_edge_weight}
    if network == "co_similar_tweet":
        edges = _similar(first, within_seconds, similarity, min_words, settings)
    else:
        keyed = _keyed(first, network)
        edges = keyed_network(keyed, network, within_seconds, settings)
        messages.engine.drop(keyed)
    messages.engine.drop(first)
    return edges


def cnt_from_interactions(
    interactions: Table, *, within_seconds: float, min_edge_weight: int, loops: bool = False
) -> Table:
    """The toolkit's co-retweet network with each object in the place of the reposted message.

    Same object means equal (action, object kind, object); the message is `content`. An interaction
    without content is a message of its own.
    """
    keyed = interactions.engine.sql(
        f"""
        select case when content is null
                    then concat('0', cast(acted_at as varchar), ' ', cast(twin as varchar), ' ',
                                cast(length(account) as varchar), ' ', account, key)
                    else concat('1', content) end as message,
               account, acted_at, key
        from (
            select *, row_number() over (
                       partition by account, acted_at, key order by content) as twin
            from (select *, {ACT} as key from {{interactions}} where object <> '') acts
        ) numbered
        """,
        _KEYED,
        interactions=interactions,
    )
    settings = {"itself": False, "loops": loops, "least": min_edge_weight}
    edges = keyed_network(keyed, "co_retweet", within_seconds, settings)
    interactions.engine.drop(keyed)
    return edges


_COUNTED = """
    select a.account as src, b.account as dst, $network as layer,
           count(distinct a.message) as weight,
           count(distinct a.message) as src_count, count(distinct b.message) as dst_count,
           count(distinct a.key) as objects,
           count(distinct concat(cast(floor(least(a.acted_at, b.acted_at) / 86400000.0) as varchar),
                                 ' ', a.key)) as object_days,
           count(*) as post_pairs,
           min(least(a.acted_at, b.acted_at)) as first_at,
           max(greatest(a.acted_at, b.acted_at)) as last_at,
           null as expected, null as log10_p
"""
_KEPT = """
    where ($loops or a.account <> b.account) and ($itself or a.message <> b.message)
    group by a.account, b.account
    having count(distinct a.message) >= $least
"""


def keyed_network(
    keyed: Table, network: str, within_seconds: float, settings: dict[str, bool | int]
) -> Table:
    """Directed edges between the writers of messages with equal keys."""
    return keyed.engine.sql(
        f"""
        with binned as (
            select *, {BIN} as bin from {{keyed}}
        ), reaching as (
            select *, bin as reached from binned
            union all
            select *, bin - $bin_ms as reached from binned
            union all
            select *, bin + $bin_ms as reached from binned
        )
        {_COUNTED}
        from binned a
        join reaching b
          on a.key = b.key and a.bin = b.reached
         and abs(a.acted_at - b.acted_at) <= $within_ms
        {_KEPT}
        """,
        EDGES,
        {**window_values(within_seconds), **settings, "network": network},
        keyed=keyed,
    )


def _first_of_each(messages: Table) -> Table:
    columns = ", ".join(CNT_MESSAGES.names)
    return messages.engine.sql(
        f"""
        select {columns} from (
            select *, row_number() over (
                partition by message
                order by acted_at, account, repost, reply, text, urls) as place
            from {{messages}}
        ) placed where place = 1
        """,
        CNT_MESSAGES,
        messages=messages,
    )


_KEYS = {
    "co_retweet": "select message, account, acted_at, repost as key from {messages}"
    " where repost <> ''",
    "co_reply": "select message, account, acted_at, reply as key from {messages}"
    " where reply <> '' and coalesce(repost, '') = ''",
    "co_post": "select message, account, acted_at, '' as key from {messages}",
}


def _keyed(messages: Table, network: str) -> Table:
    engine = messages.engine
    if network in _KEYS:
        return engine.sql(_KEYS[network], _KEYED, messages=messages)
    originals = engine.sql(
        "select message, account, acted_at, coalesce(text, '') as text,"
        " coalesce(urls, '') as urls from {messages} where coalesce(repost, '') = ''",
        _ORIGINALS,
        messages=messages,
    )
    keyed = engine.each(originals, _by_text if network == "co_tweet" else _by_link, _KEYED)
    engine.drop(originals)
    return keyed


def _by_text(originals: pa.RecordBatch) -> pa.RecordBatch:
    return _with_keys(originals, [[plain_text(text)] for text in originals["text"].to_pylist()])


def _by_link(originals: pa.RecordBatch) -> pa.RecordBatch:
    # Words between spaces: an empty field holds no link, so it links nobody.
    return _with_keys(
        originals, [sorted({*urls.split()}) for urls in originals["urls"].to_pylist()]
    )


def _with_keys(originals: pa.RecordBatch, keys: list[list[str]]) -> pa.RecordBatch:
    """A row for each message and key."""
    repeated = pa.array([row for row, found in enumerate(keys) for _ in found], pa.int64())
    named = originals.select(["message", "account", "acted_at"]).take(repeated)
    column = pa.array([key for found in keys for key in found], pa.string())
    return pa.RecordBatch.from_arrays([*named.columns, column], schema=_KEYED.arrow)


def _similar(
    messages: Table,
    within_seconds: float,
    similarity: float,
    min_words: int,
    settings: dict[str, bool | int],
) -> Table:
    engine = messages.engine
    if engine.name != "local":
        message = (
            "`co_similar_tweet` compares texts in this process and does not run on the"
            f' {engine.name} engine; use engine = "local", or `copied-text`, which runs on both'
        )
        raise NotOnThisEngine(message)
    originals = engine.query(
        "select message, acted_at, coalesce(text, '') as text from {messages}"
        " where coalesce(repost, '') = '' order by acted_at, message",
        messages=messages,
    )
    ids = originals["message"].to_pylist()
    pairs = similar_pairs(
        originals["text"].to_pylist(),
        originals["acted_at"].to_pylist(),
        within_ms=milliseconds(within_seconds),
        at_least=similarity,
        min_words=min_words,
        itself=bool(settings["itself"]),
    )
    matches = engine.from_arrow(
        pa.table(
            {"message": [ids[a] for a, _ in pairs], "other": [ids[b] for _, b in pairs]},
            schema=_MATCHES.arrow,
        ),
        _MATCHES,
    )
    edges = engine.sql(
        f"""
        with written as (select message, account, acted_at, '' as key from {{messages}})
        {_COUNTED}
        from {{matches}} m
        join written a on a.message = m.message
        join written b on b.message = m.other
        {_KEPT}
        """,
        EDGES,
        {**settings, "network": "co_similar_tweet"},
        messages=messages,
        matches=matches,
    )
    engine.drop(matches)
    return edges
