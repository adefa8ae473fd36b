"""What each role may do: one table, looked up in one place, and nothing that is not in it.

A cell is empty (no limit) or names the limit that whoever asks has to keep (`LIMITS`).
"""

from __future__ import annotations

from collections.abc import Mapping

from graph.errors import ConfigError

READ_CLUSTERS, READ_ACCOUNTS = "read-clusters", "read-accounts"
EXPLORE, NOTE = "explore", "note"
DECIDE, SECOND_REVIEW, ADJUDICATE = "decide", "second-review", "adjudicate"
SUPPRESS, CORRECT_IDS = "suppress", "correct-ids"
DELIVER, APPROVE, SEND, RECALL, RECEIVE = "deliver", "approve", "send", "recall", "receive"
EXPORT, METRICS, QUERY = "export", "metrics", "query"
AUDIT, PEOPLE = "audit", "people"
ADMIN = "admin"

VERBS: Mapping[str, str] = {
    READ_CLUSTERS: "see clusters and why they were flagged",
    READ_ACCOUNTS: "see accounts and what they did",
    EXPLORE: "expand the network, look for paths",
    NOTE: "write notes",
    DECIDE: "decide on clusters, undo a decision",
    SECOND_REVIEW: "review a decision as the second person",
    ADJUDICATE: "settle two decisions that differ",
    SUPPRESS: "keep accounts and clusters from leaving",
    CORRECT_IDS: "take back splits and merges of lasting ids",
    DELIVER: "propose a delivery",
    APPROVE: "approve a delivery",
    SEND: "send what was approved",
    RECALL: "take back what was sent",
    RECEIVE: "bring receipts",
    EXPORT: "write an export file",
    METRICS: "see counts and measures",
    QUERY: "ask by SQL, take tables out",
    AUDIT: "read the history, verify it",
    PEOPLE: "add people, give roles and tokens",
}
"""Everything that a role can allow, in words."""

LIMITS: Mapping[str, str] = {
    "propose": "somebody else puts it into force",
    "not-own": "not what one decided oneself",
    "items": "the accounts of deliveries alone",
    "pseudonyms": "accounts under pseudonyms",
}
"""Every limit that a cell may name, in words."""

_READER = {READ_CLUSTERS: "", METRICS: ""}
_ANALYST = {
    **_READER,
    READ_ACCOUNTS: "",
    EXPLORE: "",
    NOTE: "",
    DECIDE: "propose",
    SUPPRESS: "propose",
}
_REVIEWER = {**_ANALYST, DECIDE: "", SECOND_REVIEW: "", DELIVER: "", EXPORT: ""}

ROLES: Mapping[str, Mapping[str, str]] = {
    "viewer": _READER,
    "analyst": _ANALYST,
    "reviewer": _REVIEWER,
    "lead": {
        **_REVIEWER,
        ADJUDICATE: "",
        SUPPRESS: "",
        CORRECT_IDS: "",
        APPROVE: "not-own",
        SEND: "",
        RECALL: "",
        RECEIVE: "",
        QUERY: "",
        AUDIT: "",
    },
    "ops": {
        READ_CLUSTERS: "",
        READ_ACCOUNTS: "items",
        APPROVE: "not-own",
        SEND: "",
        RECALL: "",
        RECEIVE: "",
    },
    "data-scientist": {
        READ_CLUSTERS: "",
        READ_ACCOUNTS: "pseudonyms",
        EXPLORE: "",
        NOTE: "",
        METRICS: "",
        QUERY: "",
    },
    ADMIN: {
        READ_CLUSTERS: "",
        READ_ACCOUNTS: "",
        EXPLORE: "",
        NOTE: "",
        METRICS: "",
        QUERY: "",
        AUDIT: "",
        PEOPLE: "",
    },
}
"""role -> verb -> limit. Who is not named may not: an admin cannot decide, nor approve."""


def allowed(role: str, verb: str) -> str | None:
    """The limit under which a role may do something, empty for none; None where it may not.

    Raises:
        ConfigError: there is no such role or verb.
    """
    if verb not in VERBS:
        message = f"there is no verb `{verb[:40]}`; there is {', '.join(VERBS)}"
        raise ConfigError(message)
    return ROLES[checked_role(role)].get(verb)


def why_not(role: str, verb: str) -> str:
    """Why a role may not do something, and which may: for whoever was refused."""
    those = [name for name, verbs in ROLES.items() if verb in verbs]
    article = "an" if role[0] in "aeiou" else "a"
    return f"{article} {role} may not {VERBS[verb]}; {', '.join(those)} may"


def without_limit(verb: str) -> list[str]:
    """The roles that may do something without a limit."""
    return [name for name, verbs in ROLES.items() if verbs.get(verb) == ""]


def checked_role(role: str) -> str:
    """The role if there is one of this name.

    Raises:
        ConfigError: there is none.
    """
    if role not in ROLES:
        message = f"there is no role `{role[:40]}`; there is {', '.join(ROLES)}"
        raise ConfigError(message)
    return role
