"""What the programs' door is asked: the parts of addresses and bodies, and which will do."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from console.web.decide import WORDS_AT_MOST
from console.web.view import ROWS_AT_MOST
from review.decisions import OUTCOMES, STATES
from review.matching import SORTS
from review.queries import MEMBER_SORTS

IDS_AT_MOST = 10_000
MEMBERS_AT_MOST = 1_000
_WHOLE_AT_MOST = 10**12


def _one_of(known: Collection[str], description: str = "") -> Any:  # noqa: ANN401 - a field
    """A text that is one of these."""
    return Field(
        pattern=f"^({'|'.join(known)})$",
        description=description or None,
        json_schema_extra={"enum": list(known)},
    )


Run = Annotated[
    str | None,
    Field(description="a run's name; the newest by default", min_length=1, max_length=400),
]
Cluster = Annotated[
    str,
    Field(
        description="a cluster: its name, its place as `#7`, a member's id, or its lasting id",
        min_length=1,
        max_length=4_000,
        examples=["#1"],
    ),
]
Words = Annotated[
    str,
    # Some character that is no space, and no NUL.
    Field(min_length=1, max_length=WORDS_AT_MOST, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$"),
]
Whole = Annotated[int, Field(ge=0, le=_WHOLE_AT_MOST)]


class Asked(BaseModel):
    """Parts of a request; one that is not known is refused and not passed over."""

    model_config = ConfigDict(extra="forbid")


class OfRun(Asked):
    """Of which run."""

    run: Run = None


class OfClusters(OfRun):
    """Which clusters, in which order, from where on."""

    state: Annotated[str | None, _one_of(STATES, "what stands on them")] = None
    flagged: Annotated[bool | None, Field(description="named suspect, or only listed")] = None
    layer: Annotated[str | None, Field(description="joined (also) by this layer")] = None
    min_accounts: Annotated[Whole | None, Field(description="the least size")] = None
    min_score: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)] = None
    min_precision: Annotated[
        float | None,
        Field(ge=0, le=1, allow_inf_nan=False, description="the least expected precision"),
    ] = None
    text: Annotated[
        str | None,
        Field(
            description="part of a member's id or shown name, or of a shared object; case does not"
            " matter; asks for the right to see accounts",
            min_length=1,
            max_length=400,
        ),
    ] = None
    sort: Annotated[str, _one_of(SORTS, "the order")] = "place"
    limit: Annotated[int, Field(ge=1, le=ROWS_AT_MOST)] = 50
    after: Annotated[
        int | None,
        Field(
            description="the place in the ranking of the cluster behind which the page begins:"
            " `next` of the page before; decisions taken meanwhile make it miss none",
            ge=1,
            le=_WHOLE_AT_MOST,
        ),
    ] = None


class OfCluster(OfRun):
    """One cluster."""

    cluster: Cluster


class OfMembers(OfCluster):
    """Members of one cluster. What a run found never changes, so pages begin at a number."""

    sort: Annotated[str, _one_of(MEMBER_SORTS, "the order; weak members stand last")] = "pagerank"
    limit: Annotated[int, Field(ge=1, le=MEMBERS_AT_MOST)] = 200
    offset: Whole = 0


class OfEvidence(OfCluster):
    """What a cluster shares, what most members share first."""

    limit: Annotated[int, Field(ge=1, le=MEMBERS_AT_MOST)] = 200
    offset: Whole = 0


class OfAccount(OfRun):
    """One account."""

    account: Annotated[str, Field(min_length=1, max_length=4_000, examples=["1001"])]
    limit: Annotated[int, Field(ge=1, le=MEMBERS_AT_MOST, description="how many acts")] = 200


class OfDeliveries(Asked):
    """Deliveries, the newest first."""

    limit: Annotated[int, Field(ge=1, le=ROWS_AT_MOST)] = 50
    offset: Whole = 0


class OfDelivery(Asked):
    """One delivery's items, in the order in which it names them."""

    delivery: Annotated[str, Field(min_length=1, max_length=80, examples=["DL-2026-000001"])]
    limit: Annotated[int, Field(ge=1, le=MEMBERS_AT_MOST)] = 200
    offset: Whole = 0


class Ids(Asked):
    """Ids, pasted as they are: of accounts, clusters, or lasting ones."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"ids": ["1001", "CL-2026-000123"]}]}
    )
    ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=4_000)]],
        Field(min_length=1, max_length=IDS_AT_MOST),
    ]


class Decide(OfCluster):
    """A decision on a cluster."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "cluster": "#1",
                    "outcome": "confirmed",
                    "reason": "the same links within seconds",
                    "seen": 0,
                    "excluded": [],
                }
            ]
        },
    )
    outcome: Annotated[str, _one_of(OUTCOMES)]
    reason: Annotated[Words, Field(description="why, in words; it is kept")]
    seen: Annotated[
        Whole,
        Field(
            description="the number of the newest decision on the cluster when it was looked at"
            " (`seen` of /cluster), 0 for none; where a newer one has come nothing is written"
        ),
    ]
    excluded: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=4_000)]],
        Field(max_length=IDS_AT_MOST, description="members whom the decision does not cover"),
    ] = []


class Undo(OfCluster):
    """The taking back of the decision that stands; what stood before it stands again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"cluster": "#1", "reason": "the wrong cluster", "seen": 4}]
        },
    )
    reason: Annotated[Words, Field(description="why, in words; it is kept")]
    seen: Annotated[Whole, Field(description="as in `decide`")]


class Remark(OfCluster):
    """A note on a cluster."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"cluster": "#1", "text": "see also the March wave"}]},
    )
    text: Words
