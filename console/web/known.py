"""Who sends a request: a session's cookie, the word of a proxy that is trusted, or a token.

What somebody may do is read from the store at each request: a role that was changed and a person
who is kept out count at once. A session that a link began ends when the store gets people.
"""

from __future__ import annotations

import time
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import Scope

from console.web.access import Proxy, lies_in
from console.web.session import Session, Sessions
from review.people.acting import Acting, Refused
from review.people.people import People


class Known:
    """Tells who sends a request."""

    def __init__(
        self, sessions: Sessions, people: People, *, cookie: str, proxy: Proxy | None = None
    ) -> None:
        """Over the sessions of a console and the people of its store; by default no proxy."""
        self._sessions, self._people, self._proxy = sessions, people, proxy
        self._cookie = cookie

    def by_session(self, scope: Scope, headers: Headers) -> tuple[Session | None, str | None]:
        """The session of a request, None without one, and the token of one that begins with it.

        Raises:
            Refused: the proxy names nobody, or nobody that the store knows; somebody else names
                one in its header.
        """
        token = session_token(headers, self._cookie)
        session = None if token is None else self._sessions.of(token)
        named = self._named(scope, headers)
        if named is not None:
            acting = self._people.acting(named)
            if session is not None and session.signed and session.person == named:
                return replace(session, acting=acting), None
            begun = self._sessions.sign_in(named, instead_of=token)
            found = self._sessions.of(begun)
            return (None if found is None else replace(found, acting=acting)), begun
        if session is None:
            return None, None
        try:
            acting = self._people.acting(session.person)
        except Refused:
            return None, None
        if acting.role is not None and not session.signed:
            return None, None
        return replace(session, acting=acting), None

    def by_token(self, headers: Headers) -> Acting:
        """Who sends a request with a token.

        Raises:
            Refused: it bears none, or one that is not in force.
        """
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            message = (
                "a request here bears a token, as `Authorization: Bearer rwt_...`;"
                " `ringwatch people token` makes one"
            )
            raise Refused(message)
        return self._people.by_token(token.strip(), at=time.time_ns() // 1_000_000)

    def _named(self, scope: Scope, headers: Headers) -> str | None:
        if self._proxy is None:
            return None
        given = headers.getlist(self._proxy.header)
        if not lies_in(scope, self._proxy.addresses):
            if given:
                message = f"`{self._proxy.header}` is taken from the proxy alone"
                raise Refused(message)
            return None
        if len(given) != 1 or not given[0].strip():
            message = f"the proxy names nobody: `{self._proxy.header}` came {len(given)} times"
            raise Refused(message)
        # A header is bytes: names beyond ASCII come as UTF-8.
        return given[0].strip().encode("latin-1").decode("utf-8", "replace")


def session_token(headers: Headers, cookie: str) -> str | None:
    """The session's token that a request bears, if any."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(cookie)
    except CookieError:
        return None
    return None if found is None else found.value
