"""A delivery as a STIX 2.1 bundle, for threat-intelligence platforms.

Each cluster is a `grouping` of suspicious activity with its accounts (`user-account`), a `note`
that says why, an `opinion` that says that a person confirmed it, and a `campaign`. What STIX has no
word for (lasting id, version, score, item ids) is a property extension of the grouping. The same
delivery gives the same ids: those of accounts follow from platform and id by STIX's own rule, the
others from the delivery and the cluster (UUIDv5).

Source: OASIS, STIX Version 2.1, 10 June 2021.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graph.errors import NotOnThisEngine

FILE = "bundle.stix.json"
_SPACE = uuid.UUID("6f6f3a06-5a52-5c62-9f0a-0b9a3f3f7a51")
EXTENSION = "extension-definition--3b1f0c1e-4f0a-5d2e-8f38-6d3c2b0a9e11"
_SCHEMA = "docs/deliveries.md#stix"
_TYPES = {"facebook", "twitter", "x", "telegram", "tiktok", "instagram", "youtube", "reddit"}


def write_stix(
    path: Path,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    facts: Mapping[str, Any],
    delivery: str,
) -> int:
    """Write the bundle; give the number of its objects.

    Args:
        path: the file.
        tables: the delivery's rows of `clusters`, `accounts` and `reasons`.
        facts: what its manifest tells.
        delivery: its name.

    Raises:
        NotOnThisEngine: the extra `stix` is not installed.
    """
    try:
        import stix2
    except ModuleNotFoundError as error:
        message = "STIX needs an extra: install `ringwatch[stix]`, or deliver without `--stix`"
        raise NotOnThisEngine(message) from error
    made = _Bundle(stix2, delivery, facts)
    accounts: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in tables["accounts"]:
        accounts[row["cluster_id"]].append(row)
    reasons: dict[str, list[str]] = defaultdict(list)
    for row in tables["reasons"]:
        reasons[row["cluster_id"]].append(row["says"])
    for cluster in tables["clusters"]:
        name = cluster["cluster_id"]
        made.add_cluster(cluster, accounts[name], reasons[name])
    bundle = stix2.Bundle(
        id=f"bundle--{made.name('bundle')}", objects=made.objects, allow_custom=True
    )
    # In ASCII: a name in it can neither hide nor command.
    path.write_text(bundle.serialize(indent=1, ensure_ascii=True) + "\n", encoding="ascii")
    return len(made.objects)


class _Bundle:
    """Objects as they are made; each stands once."""

    def __init__(self, stix2: Any, delivery: str, facts: Mapping[str, Any]) -> None:  # noqa: ANN401
        self._stix2, self._delivery, self._at = stix2, delivery, facts["created_at"]
        self._accounts: dict[str, Any] = {}
        self._us = stix2.Identity(
            id=f"identity--{uuid.uuid5(_SPACE, 'us')}",
            name="Ringwatch",
            identity_class="system",
            created=self._at,
            modified=self._at,
        )
        extension = stix2.ExtensionDefinition(
            id=EXTENSION,
            name="ringwatch-cluster",
            schema=_SCHEMA,
            version="1.0.0",
            extension_types=["property-extension"],
            created_by_ref=self._us.id,
            created=self._at,
            modified=self._at,
        )
        self.objects: list[Any] = [stix2.TLP_AMBER, self._us, extension]

    def name(self, *of: str) -> uuid.UUID:
        """The id of what a delivery tells; the same whenever it is told."""
        return uuid.uuid5(_SPACE, "\x1f".join((self._delivery, *of)))

    def add_cluster(
        self,
        cluster: Mapping[str, Any],
        accounts: Sequence[Mapping[str, Any]],
        reasons: Sequence[str],
    ) -> None:
        """Add a cluster with its accounts, why it was confirmed, and by whom not."""
        stix2, name = self._stix2, cluster["cluster_id"]
        members = [self._account(row) for row in accounts]
        campaign = stix2.Campaign(
            id=f"campaign--{self.name('campaign', name)}",
            name=name,
            description=f"confirmed by a reviewer as coordinated: {cluster['says']}",
            **self._common(),
        )
        grouping = stix2.Grouping(
            id=f"grouping--{self.name('grouping', name)}",
            name=name,
            context="suspicious-activity",
            object_refs=[campaign.id, *(each.id for each in members)],
            extensions={
                EXTENSION: {
                    "extension_type": "property-extension",
                    "cluster_id": name,
                    "cluster_version": cluster["version"],
                    "score": cluster["score"],
                    "expected_precision": cluster["expected_precision"],
                    "item_ids": [row["item_id"] for row in accounts],
                    "recommended_actions": [row["recommended_action"] for row in accounts],
                }
            },
            allow_custom=True,
            **self._common(),
        )
        note = stix2.Note(
            id=f"note--{self.name('note', name)}",
            abstract=f"why {name} was flagged",
            content="\n".join([cluster["says"], *reasons]) or "no reasons were kept",
            object_refs=[grouping.id],
            **self._common(),
        )
        opinion = stix2.Opinion(
            id=f"opinion--{self.name('opinion', name)}",
            opinion="agree",
            explanation=cluster["reason"],
            object_refs=[grouping.id],
            **self._common(),
        )
        self.objects += [campaign, grouping, note, opinion]

    def _account(self, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - stix2 has no types
        platform = (row["platform"] or "").lower()
        given = {"account_type": platform} if platform in _TYPES else {}
        made = self._stix2.UserAccount(user_id=row["account"], display_name=row["name"], **given)
        if made.id not in self._accounts:
            self._accounts[made.id] = made
            self.objects.append(made)
        return made

    def _common(self) -> dict[str, Any]:
        return {
            "created": self._at,
            "modified": self._at,
            "created_by_ref": self._us.id,
            "object_marking_refs": [self._stix2.TLP_AMBER.id],
        }
