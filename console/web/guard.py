"""What every request passes before a page sees it, and what every answer bears.

Refused are: a host that this console is not reached by (a page elsewhere may have its own name
point to this machine), a form that another site sends, one without the session's token, one that
is too large, and everything without a session but the few `PUBLIC` paths. A page that is added
later is behind all of this without doing anything for it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.failures import say
from console.web.session import Session, Sessions, same_token

Form = Mapping[str, list[str]]

PUBLIC = frozenset({"/enter", "/link", "/static/{name}"})
"""The routes that answer without a session, as the application writes them."""

FORM_BYTES_AT_MOST = 64 * 1024
FORM_FIELDS_AT_MOST = 1_000
_FORM_TYPE = "application/x-www-form-urlencoded"
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# No `no-referrer`: with it browsers send forms with the origin `null`.
HEADERS = {
    "content-security-policy": _POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class _Refused(Exception):
    """A request that goes no further: the status and the reason in words."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Guard:
    """An application behind the checks."""

    def __init__(
        self,
        inner: ASGIApp,
        *,
        sessions: Sessions,
        hosts: Collection[str],
        cookie: str,
        refusal: Callable[[int, str], Response],
    ) -> None:
        """Stand before `inner`.

        Args:
            inner: the application.
            sessions: who is in.
            hosts: the values of the header `Host` that are this console, in lower case.
            cookie: the name of the session's cookie.
            refusal: the page of a refused request, from its status and the reason.
        """
        self.inner = inner
        self._sessions, self._hosts, self._cookie = sessions, frozenset(hosts), cookie
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, hand it on, and put the headers on the answer."""
        if scope["type"] != "http":
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self._let_in(scope, receive)
        except _Refused as refused:
            await self._refusal(refused.status, refused.why)(scope, receive, guarded)
            return
        try:
            await self.inner(scope, receive, guarded)
        except Exception:
            # Names from outside may stand in what went wrong: nothing of it goes out raw.
            for line in traceback.format_exc().splitlines():
                say(line)
            if not begun:
                why = "something went wrong; the terminal of the console has the details"
                await self._refusal(500, why)(scope, receive, guarded)

    async def _let_in(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self._hosts or len(headers.getlist("host")) != 1:
            raise _Refused(421, "this console is not reached by that host name")
        if scope["method"] not in {"GET", "POST"}:
            raise _Refused(405, "the console is read by GET and written to by POST")
        public = _is_public(scope["path"])
        session = self._session(headers)
        scope["session"], scope["form"] = session, {}
        if session is None and not public:
            raise _Refused(401, "you are not in, or your session has ended")
        if scope["method"] == "POST":
            _check_origin(headers, host)
            form = scope["form"] = await _form(headers, receive)
            if not public and session is not None:
                _check_token(form, session)

    def _session(self, headers: Headers) -> Session | None:
        token = session_token(headers, self._cookie)
        return None if token is None else self._sessions.of(token)


def session_token(headers: Headers, cookie: str) -> str | None:
    """The session's token that a request bears, if any."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(cookie)
    except CookieError:
        return None
    return None if found is None else found.value


def _is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith("/static/")


def _check_origin(headers: Headers, host: str) -> None:
    origin = urlsplit(headers.get("origin", ""))
    if origin.scheme not in {"http", "https"} or origin.netloc.lower() != host:
        raise _Refused(403, "the form was sent by another site, or by none")
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise _Refused(403, "the form was sent by another site")


def _check_token(form: Form, session: Session) -> None:
    given = form.get("form_token", [])
    if len(given) != 1 or not same_token(given[0], session.form_token):
        why = "the form is of another session: go back, load the page again, and send it anew"
        raise _Refused(403, why)


async def _form(headers: Headers, receive: Receive) -> Form:
    if headers.get("content-type", "").split(";")[0].strip().lower() != _FORM_TYPE:
        raise _Refused(415, "forms are sent url-encoded")
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refused(400, "the form broke off")
        body += message.get("body", b"")
        if len(body) > FORM_BYTES_AT_MOST:
            most = FORM_BYTES_AT_MOST // 1024
            raise _Refused(413, f"the form is too large: {most} kB are the most")
        if not message.get("more_body", False):
            break
    try:
        return parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FORM_FIELDS_AT_MOST,
        )
    except ValueError as error:
        raise _Refused(400, "the form cannot be read") from error
