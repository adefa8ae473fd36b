"""What is asked of the queue, as it stands in the address: a view to keep, share and export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from urllib.parse import parse_qsl

from console.web.drawing import url
from graph.errors import ConfigError
from review.decisions import STATES
from review.matching import SORTS, Filters, instead

ROWS_AT_MOST = 200
_FLAGGED = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A queue: of which run, which clusters, in which order, from where on. Blank asks nothing."""

    run: str = ""
    state: str = ""
    flagged: str = ""
    """`yes` or `no`"""
    layer: str = ""
    precision: str = ""
    """the least expected precision, per cent"""
    text: str = ""
    sort: str = "place"
    rows: str = "50"
    after: str = ""
    before: str = ""

    @property
    def limit(self) -> int:
        """How many rows a page has.

        Raises:
            ConfigError: it is no number from 1 to `ROWS_AT_MOST`.
        """
        if not (self.rows.isascii() and self.rows.isdigit() and len(self.rows) < 5):
            message = f"rows are a number, not {self.rows[:40]!a}"
            raise ConfigError(message)
        limit = int(self.rows)
        if not 1 <= limit <= ROWS_AT_MOST:
            message = f"a page has 1 to {ROWS_AT_MOST} rows, not {limit}"
            raise ConfigError(message)
        return limit

    @property
    def filters(self) -> Filters:
        """The same as the conditions of a list.

        Raises:
            ConfigError: a condition that nobody can mean.
        """
        if self.flagged and self.flagged not in _FLAGGED:
            message = f"flagged is yes or no, not {self.flagged[:40]!a}"
            raise ConfigError(message)
        if self.state and self.state not in STATES:
            message = f"unknown state {self.state[:40]!a}; {instead(self.state, STATES)}"
            raise ConfigError(message)
        return Filters(
            state=self.state or None,
            flagged=_FLAGGED.get(self.flagged),
            layer=self.layer or None,
            min_precision=_share(self.precision),
            text=self.text or None,
        )

    @property
    def as_text(self) -> str:
        """The filters and the order as they stand in an address, for a view that is kept."""
        return self.at("", run="", after="", before="", rows="").removeprefix("?")

    def at(self, path: str = "/", **changes: str) -> str:
        """The address of this view with something changed; blank values are left out."""
        told = {name: value for name, value in asdict(replace(self, **changes)).items() if value}
        standard = View()
        kept = {name: value for name, value in told.items() if value != getattr(standard, name)}
        return url(path, **kept)


def asked_view(query: Mapping[str, str]) -> View:
    """The view that an address asks for.

    Raises:
        ConfigError: the address has a part that no view has, or an order that there is not.
    """
    known = asdict(View())
    for name in query:
        if name not in known:
            message = f"a view has no {name[:40]!a}; {instead(name, known)}"
            raise ConfigError(message)
    given = {name: value.strip() if name == "text" else value for name, value in query.items()}
    view = View(**{name: value for name, value in given.items() if value})
    if view.sort not in SORTS:
        message = f"unknown order {view.sort[:40]!a}; {instead(view.sort, SORTS)}"
        raise ConfigError(message)
    return view


def view_of_text(text: str) -> View:
    """The view that a kept text means (`View.as_text`).

    Raises:
        ConfigError: no view has such parts.
    """
    return asked_view(dict(parse_qsl(text, keep_blank_values=True)))


def _share(per_cent: str) -> float | None:
    if not per_cent:
        return None
    try:
        share = float(per_cent) / 100
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        message = f"expected precision is told in per cent, 0 to 100, not {per_cent[:40]!a}"
        raise ConfigError(message)
    return share
