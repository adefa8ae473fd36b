"""Who acts, and what they may do: a person by a password or a token, or whoever works alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from graph.errors import ConfigError
from review.people.roles import LIMITS, VERBS, allowed, why_not, without_limit


class Refused(ConfigError):
    """Somebody may not do this, or is not who they say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts: a person, by a password or by a token of theirs.

    `role` is None for whoever works on a store that has no people, who may do everything.
    """

    person: str
    role: str | None
    verbs: tuple[str, ...] = tuple(VERBS)
    token: str | None = None

    def limit(self, verb: str) -> str:
        """The limit under which they may do it, empty for none.

        Raises:
            Refused: they may not, and why.
        """
        if self.role is None:
            return ""
        found = allowed(self.role, verb)
        if found is None:
            raise Refused(why_not(self.role, verb))
        if verb not in self.verbs:
            message = f"token `{self.token}` was not made to {VERBS[verb]}"
            raise Refused(message)
        return found

    def demand(self, verb: str, *, keeps: Collection[str] = ()) -> str:
        """As `limit`, where whoever asks can keep these limits and no others.

        Raises:
            Refused: they may not, or only under a limit that is not kept here.
        """
        found = self.limit(verb)
        if found and found not in keeps:
            message = (
                f"a {self.role} may {VERBS[verb]} only so: {LIMITS[found]}, which is not done"
                f" here; without a limit {', '.join(without_limit(verb))} may"
            )
            raise Refused(message)
        return found

    def may(self, verb: str, *, keeps: Collection[str] = ()) -> bool:
        """Whether `demand` would let them."""
        try:
            self.demand(verb, keeps=keeps)
        except Refused:
            return False
        return True


def alone(person: str) -> Acting:
    """Whoever works on a store that has no people: by the name they give, and without a role."""
    return Acting(person=person, role=None)
