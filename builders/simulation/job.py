"""The job file that reads a simulated extract with `ringwatch detect`."""

from __future__ import annotations

from dataclasses import dataclass, field

from builders.simulation.spec import SimulationSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """How one table is told to the extract reader."""

    columns: tuple[str, ...]
    time: str
    time_unit: str = "ms"
    mapping: dict[str, str]
    attributes: dict[str, str] = field(default_factory=dict)


_TOLD = {
    "likes": _Told(
        columns=("user_id", "post_id", "author_id", "liked_at"),
        time="liked_at",
        mapping={
            "account": "user_id",
            "action": "'like'",
            "object": "post_id",
            "object_kind": "'post'",
            "owner": "author_id",
        },
    ),
    "shares": _Told(
        columns=("user_id", "share_id", "url", "shared_at"),
        time="shared_at",
        mapping={
            "account": "user_id",
            "action": "'share'",
            "object": "url",
            "object_kind": "'link'",
            "content": "share_id",
        },
    ),
    "comments": _Told(
        columns=("user_id", "comment_id", "post_id", "author_id", "body", "written_at"),
        time="written_at",
        time_unit="s",
        mapping={
            "account": "user_id",
            "action": "'comment'",
            "object": "post_id",
            "object_kind": "'post'",
            "content": "comment_id",
            "owner": "author_id",
            "text": "body",
        },
    ),
    "follows": _Told(
        columns=("follower_id", "followee_id", "followed_at"),
        time="followed_at",
        mapping={
            "account": "follower_id",
            "action": "'follow'",
            "object": "followee_id",
            "object_kind": "'account'",
            "owner": "followee_id",
        },
    ),
    "logins": _Told(
        columns=("user_id", "device_id", "ip", "logged_in_at"),
        time="logged_in_at",
        mapping={
            "account": "user_id",
            "action": "'login'",
            "object": "ip",
            "object_kind": "'address'",
        },
        attributes={"device": "device_id", "ip": "ip"},
    ),
}

_HEAD = """\
# Reads a simulated platform: five tables of one extract become one graph of accounts.
# What was planted lies apart in truth/, which no detector reads.

[job]
name = "simulated"
out = "runs"
"""

_ACCOUNTS = """
[accounts]
path = "accounts.parquet"
format = "parquet"
time_unit = "ms"

[accounts.map]
account = "account"
name = "name"
created_at = "created_at"
followers = "followers"
platform = "platform"
"""


def job_text(spec: SimulationSpec) -> str:
    """The job file for an extract of this spec; its paths are relative to the file."""
    return _HEAD + "".join(_table(name, told, spec) for name, told in _TOLD.items()) + _ACCOUNTS


def _table(name: str, told: _Told, spec: SimulationSpec) -> str:
    lines = [
        "",
        "[[extract.tables]]",
        f'name = "{name}"',
        f'path = "{name}"',
        f'format = "{spec.format}"',
        *_columns(told, spec),
        f'time_unit = "{told.time_unit}"',
        "",
        "[extract.tables.map]",
        *(f'{column} = "{source}"' for column, source in told.mapping.items()),
        f'acted_at = "{told.time}"',
        "platform = \"'agora'\"",
    ]
    if told.attributes:
        lines += ["", "[extract.tables.attributes]"]
        lines += [f'{name} = "{source}"' for name, source in told.attributes.items()]
    return "\n".join(lines) + "\n"


def _columns(told: _Told, spec: SimulationSpec) -> list[str]:
    if spec.format == "parquet":
        return []
    listed = ", ".join(f'"{column}"' for column in told.columns)
    return [f"columns = [{listed}]"]
