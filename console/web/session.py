"""Who is in the console: links that let one person in once, and sessions.

Tokens come from the system's random source and are kept as hashes, so that what is in memory
opens nothing. A link lives for minutes and is used up by entering; a session ends when it was idle
for long, when the day is over, or when the person leaves.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from graph.errors import ConfigError
from review.decisions import checked_words
from review.people.acting import Acting, Refused

LINK_SECONDS = 10 * 60
IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 12 * 60 * 60
BETWEEN_LINKS_SECONDS = 10
NAME_AT_MOST = 80
_SESSIONS_AT_MOST = 100
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has entered: the name that decisions bear, and the token of their forms.

    `signed`: by a password, or by a proxy's word; whoever came by a link is not. `acting` is what
    they may do at the time of a request.
    """

    person: str
    form_token: str
    began: float
    last_seen: float
    signed: bool = False
    acting: Acting | None = None

    def demand(self, verb: str) -> None:
        """Let them do something, or raise.

        Raises:
            Refused: they may not, or only under a limit.
        """
        if self.acting is None:
            message = "nobody looked up what you may do"
            raise Refused(message)
        self.acting.demand(verb)

    def may(self, verb: str, *, keeps: Collection[str] = ()) -> bool:
        """Whether they may, where whoever asks can keep these limits and no others."""
        return self.acting is not None and self.acting.may(verb, keeps=keeps)


class Sessions:
    """The links and sessions of one console, in memory: they end with the process."""

    def __init__(
        self, *, person: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Without anybody in it.

        Args:
            person: whoever enters bears this name; each is asked for one by default.
            clock: seconds that only grow.

        Raises:
            ConfigError: the name is blank, or no text.
        """
        self.person = None if person is None else _checked_name(person)
        self._clock = clock
        self._lock = threading.Lock()
        self._links: dict[str, float] = {}
        self._sessions: dict[str, Session] = {}
        self._last_asked = -float("inf")

    def new_link(self) -> str:
        """A token that lets one person in, once, within `LINK_SECONDS`."""
        token = secrets.token_urlsafe(_BYTES)
        with self._lock:
            self._links[_hash(token)] = self._clock() + LINK_SECONDS
        return token

    def link_holds(self, token: str) -> bool:
        """Whether a link would let somebody in now; looking does not use it up."""
        with self._lock:
            return self._links.get(_hash(token), -float("inf")) > self._clock()

    def may_ask_for_link(self) -> bool:
        """Whether a new link may be asked for: once in `BETWEEN_LINKS_SECONDS`, by anybody."""
        with self._lock:
            now = self._clock()
            if now - self._last_asked < BETWEEN_LINKS_SECONDS:
                return False
            self._last_asked = now
            return True

    def enter(self, token: str, name: str) -> str | None:
        """Use a link up; give the new session's token, or None where the link does not hold.

        Raises:
            ConfigError: the name is blank, too long or no text; the link still holds.
        """
        person = self.person or _checked_name(name)
        with self._lock:
            now = self._clock()
            self._forget(now)
            if self._links.pop(_hash(token), -float("inf")) <= now:
                return None
            return self._begin(person, now, signed=False)

    def sign_in(self, person: str, *, instead_of: str | None = None) -> str:
        """Begin a session for somebody who showed who they are; give its token.

        Args:
            person: their name.
            instead_of: the token of the session that the browser had, which ends: nobody who put
                it there is let in with them.
        """
        with self._lock:
            now = self._clock()
            self._forget(now)
            if instead_of is not None:
                self._sessions.pop(_hash(instead_of), None)
            return self._begin(person, now, signed=True)

    def of(self, token: str) -> Session | None:
        """The session of a token, which counts as used now; None where there is none any more."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            found = self._sessions.get(_hash(token))
            if found is not None:
                found = replace(found, last_seen=now)
                self._sessions[_hash(token)] = found
            return found

    def leave(self, token: str) -> None:
        """End a session at once."""
        with self._lock:
            self._sessions.pop(_hash(token), None)

    def _begin(self, person: str, now: float, *, signed: bool) -> str:
        while len(self._sessions) >= _SESSIONS_AT_MOST:
            del self._sessions[min(self._sessions, key=self._seen)]
        session = secrets.token_urlsafe(_BYTES)
        form_token = secrets.token_urlsafe(_BYTES)
        self._sessions[_hash(session)] = Session(person, form_token, now, now, signed)
        return session

    def _seen(self, key: str) -> float:
        return self._sessions[key].last_seen

    def _forget(self, now: float) -> None:
        self._links = {key: until for key, until in self._links.items() if until > now}
        self._sessions = {
            key: session
            for key, session in self._sessions.items()
            if now - session.last_seen < IDLE_SECONDS and now - session.began < LONGEST_SECONDS
        }


def same_token(given: str, known: str) -> bool:
    """Whether two tokens are one, in a time that tells nothing of where they differ."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), known.encode())


def _checked_name(name: str) -> str:
    checked = checked_words(name, what="a name")
    if len(checked) > NAME_AT_MOST:
        message = f"a name has at most {NAME_AT_MOST} characters, not {len(checked)}"
        raise ConfigError(message)
    return checked


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
