"""Who may ask for what: one row for each route, and no route without one.

A row names the verbs (`review.people.roles`) that a route demands, and the limits of them that the
route keeps itself. A role whose limit a route does not keep is refused there. What has no row is
not there: the guard looks here before anything of a request is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from review.people.acting import Acting
from review.people.roles import (
    ADJUDICATE,
    APPROVE,
    AUDIT,
    DECIDE,
    DELIVER,
    EXPLORE,
    EXPORT,
    METRICS,
    NOTE,
    READ_ACCOUNTS,
    READ_CLUSTERS,
    RECALL,
    RECEIVE,
    SECOND_REVIEW,
    SEND,
    SUPPRESS,
)

API = "/api/v1"
"""What the addresses of the programs' door begin with."""

STATIC = "/static/{name}"
METRICS_PATH = "/metrics"
PROBES = frozenset({"/healthz", "/readyz"})
"""What supervisors ask, by an address and not by a name."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a route demands: all of the verbs, one of `any_of`. Without, whoever is in may ask."""

    verbs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    keeps: frozenset[str] = field(default_factory=frozenset)
    public: bool = False

    def refuse(self, acting: Acting) -> None:
        """Let somebody pass, or raise.

        Raises:
            Refused: they may not, and why.
        """
        for verb in self.verbs:
            acting.demand(verb, keeps=self.keeps)
        if self.any_of and not any(acting.may(verb, keeps=self.keeps) for verb in self.any_of):
            # The first one says why.
            acting.demand(self.any_of[0], keeps=self.keeps)


_PUBLIC = Row(public=True)
_ANYBODY = Row()
_CLUSTERS = Row((READ_CLUSTERS,))
_ACCOUNTS = Row((READ_ACCOUNTS,))
_ITEMS = Row((READ_ACCOUNTS,), keeps=frozenset({"items"}))
_EXPORT = Row((EXPORT,))
# The store keeps who decided from approving it.
_APPROVE = Row((APPROVE,), keeps=frozenset({"not-own"}))

ROUTES: Mapping[tuple[str, str], Row] = {
    ("GET", "/enter"): _PUBLIC,
    ("POST", "/enter"): _PUBLIC,
    ("POST", "/sign-in"): _PUBLIC,
    ("POST", "/link"): _PUBLIC,
    ("GET", STATIC): _PUBLIC,
    ("GET", "/healthz"): _PUBLIC,
    ("GET", "/readyz"): _PUBLIC,
    ("GET", METRICS_PATH): Row((METRICS,)),
    ("POST", "/leave"): _ANYBODY,
    ("GET", "/"): _CLUSTERS,
    ("GET", "/cluster"): _CLUSTERS,
    ("GET", "/runs"): _CLUSTERS,
    ("GET", "/run"): _CLUSTERS,
    ("GET", "/pair"): _ACCOUNTS,
    ("GET", "/account"): _ACCOUNTS,
    ("GET", "/search"): _ACCOUNTS,
    ("GET", "/compare"): _ACCOUNTS,
    ("GET", "/explore"): Row((EXPLORE, READ_ACCOUNTS)),
    ("GET", "/way"): Row((EXPLORE, READ_ACCOUNTS)),
    ("GET", "/deliveries"): _CLUSTERS,
    ("GET", "/delivery"): _ITEMS,
    ("GET", "/suppressions"): _ACCOUNTS,
    ("GET", "/audit"): Row((AUDIT,)),
    ("POST", "/view"): _CLUSTERS,
    ("POST", "/take"): _EXPORT,
    ("POST", "/take-deliveries"): _EXPORT,
    ("POST", "/take-items"): _EXPORT,
    ("POST", "/take-suppressions"): _EXPORT,
    ("POST", "/take-audit"): Row((AUDIT,)),
    ("POST", "/decide"): Row((DECIDE,)),
    ("POST", "/undo"): Row((DECIDE,)),
    ("POST", "/note"): Row((NOTE,)),
    ("POST", "/second"): Row((SECOND_REVIEW,)),
    ("POST", "/second-undo"): Row((SECOND_REVIEW,)),
    ("POST", "/settle"): Row((ADJUDICATE,)),
    ("POST", "/claim"): Row(any_of=(DECIDE, SECOND_REVIEW)),
    ("POST", "/deliver"): Row((DELIVER,)),
    ("POST", "/approve"): _APPROVE,
    ("POST", "/cancel"): _APPROVE,
    ("POST", "/send"): Row((SEND,)),
    ("POST", "/receipts"): Row((RECEIVE,)),
    ("POST", "/recall"): Row((RECALL,)),
    ("POST", "/suppress"): Row((SUPPRESS,)),
    ("POST", "/lift"): Row((SUPPRESS,)),
    ("GET", f"{API}/openapi.json"): _ANYBODY,
    ("GET", f"{API}/runs"): _CLUSTERS,
    ("GET", f"{API}/clusters"): _CLUSTERS,
    ("GET", f"{API}/cluster"): _CLUSTERS,
    ("GET", f"{API}/evidence"): _CLUSTERS,
    ("GET", f"{API}/members"): Row((READ_ACCOUNTS,), keeps=frozenset({"pseudonyms"})),
    ("GET", f"{API}/account"): Row((READ_ACCOUNTS,), keeps=frozenset({"items"})),
    ("POST", f"{API}/search"): _ACCOUNTS,
    ("GET", f"{API}/deliveries"): _CLUSTERS,
    ("GET", f"{API}/delivery"): _ITEMS,
    ("POST", f"{API}/decide"): Row((DECIDE,)),
    ("POST", f"{API}/undo"): Row((DECIDE,)),
    ("POST", f"{API}/note"): Row((NOTE,)),
}
"""(method, path as the application writes it) -> what it demands."""

PUBLIC = frozenset(path for (_, path), row in ROUTES.items() if row.public)
"""The routes that answer whoever asks."""


def row_of(method: str, path: str) -> Row | None:
    """The row of a request, None where there is none."""
    return ROUTES.get((method, template_of(path)))


def template_of(path: str) -> str:
    """The path of a route as the application writes it."""
    return STATIC if path.startswith("/static/") else path


def methods_of(path: str) -> tuple[str, ...]:
    """By which methods something answers at a path, none where nothing does."""
    return tuple(method for method in ("GET", "POST") if row_of(method, path) is not None)
