"""A partition filter in the small language that a metastore understands.

`where` in a job file is SQL in which partition keys are texts. A metastore compares keys by their
type and knows only comparisons joined by `and` and `or`, so only what means the same to both is
handed on: text keys held against text literals.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from builders.hive.table import HiveColumn

_TOKENS = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'"\\]|'')*')
      | (?P<word>[A-Za-z_]\w*)
      | (?P<operator><=|>=|<>|!=|==|=|<|>)
      | (?P<mark>[(),])
    )""",
    re.VERBOSE | re.ASCII,
)
_TEXT_TYPES = ("string", "varchar", "char")
_WORDS = ("and", "or", "in", "between")
_OPERATORS = {"==": "=", "<>": "!="}

Token = tuple[str, str]


def metastore_filter(where: str, keys: Sequence[HiveColumn]) -> str | None:
    """`where` as a metastore's filter, or None where it would mean something else there.

    Args:
        where: the job file's filter, SQL.
        keys: the table's partition keys.
    """
    tokens = _tokens(where)
    texts = {key.name for key in keys if key.type.partition("(")[0] in _TEXT_TYPES}
    if tokens is None:
        return None
    words, rest = _either(tokens, texts)
    return " ".join(words) if words and not rest else None


def _tokens(where: str) -> list[Token] | None:
    found: list[Token] = []
    place = 0
    while where[place:].strip():
        token = _TOKENS.match(where, place)
        if token is None or token.lastgroup is None:
            return None
        kind, text = token.lastgroup, token[token.lastgroup]
        if kind == "word":
            text = text.lower()
            kind = text if text in _WORDS else kind
        found.append((kind, text))
        place = token.end()
    return found


Parsed = tuple[list[str], list[Token]]
"""Words of the metastore's filter (none: not understood) and the tokens behind them."""


def _either(tokens: list[Token], texts: set[str]) -> Parsed:
    return _joined(tokens, texts, "or")


def _joined(tokens: list[Token], texts: set[str], by: str) -> Parsed:
    """Terms joined by `or`, or by `and`, which binds closer."""
    words, rest = _part(tokens, texts, by)
    while words and rest and rest[0][0] == by:
        more, rest = _part(rest[1:], texts, by)
        words = [*words, by, *more] if more else []
    return words, rest


def _part(tokens: list[Token], texts: set[str], by: str) -> Parsed:
    return _joined(tokens, texts, "and") if by == "or" else _term(tokens, texts)


def _term(tokens: list[Token], texts: set[str]) -> Parsed:
    match tokens:
        case [("mark", "("), *inside]:
            words, rest = _either(inside, texts)
            closed = bool(words) and rest[:1] == [("mark", ")")]
            return (["(", *words, ")"], rest[1:]) if closed else ([], rest)
        case [("word", key), ("operator", sign), ("text", value), *rest] if key in texts:
            return [_compared(key, sign, value)], rest
        case [("word", key), ("between", _), ("text", low), ("and", _), ("text", high), *rest] if (
            key in texts
        ):
            words = ["(", _compared(key, ">=", low), "and", _compared(key, "<=", high), ")"]
            return words, rest
        case [("word", key), ("in", _), ("mark", "("), *rest] if key in texts:
            return _listed(key, rest)
    return [], tokens


def _listed(key: str, tokens: list[Token]) -> Parsed:
    words: list[str] = []
    while (
        len(tokens) > 1 and tokens[0][0] == "text" and tokens[1] in (("mark", ","), ("mark", ")"))
    ):
        words += [*(["or"] if words else []), _compared(key, "=", tokens[0][1])]
        if tokens[1][1] == ")":
            return ["(", *words, ")"], tokens[2:]
        tokens = tokens[2:]
    return [], tokens


def _compared(key: str, sign: str, literal: str) -> str:
    value = literal[1:-1].replace("''", "'")
    return f'{key} {_OPERATORS.get(sign, sign)} "{value}"'
