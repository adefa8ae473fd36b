"""What every request passes before a page sees it, and what every answer bears.

Refused are: a host that this console is not reached by (a page elsewhere may have its own name
point to this machine), a form that another site sends, one without the session's token, one that
is too large, everything without a session but what is public, and whatever the role of who asks
does not allow (`console.web.permits`). Programs come by another door, with a token and without
cookies. A page that is added later is behind all of this without doing anything for it.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.failures import say
from console.web.access import Access, lies_in
from console.web.known import Known
from console.web.permits import API, METRICS_PATH, PROBES, methods_of, row_of
from console.web.session import LONGEST_SECONDS, Session, same_token
from console.web.watching import Watch
from graph.errors import RingwatchError
from review.people.acting import Refused

Form = Mapping[str, list[str]]
Refusal = Callable[[int, str], Response]

FORM_BYTES_AT_MOST = 64 * 1024
FORM_FIELDS_AT_MOST = 1_000
PROGRAMS_BYTES_AT_MOST = 4 * 1024 * 1024
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


@dataclass(frozen=True, slots=True)
class Cookie:
    """The session's cookie. A `secure` one is sent over TLS alone, and to this host alone."""

    name: str
    secure: bool

    def of(self, token: str, *, seconds: int = LONGEST_SECONDS) -> str:
        """The header that gives it to a browser; no seconds take it away."""
        secure = "; Secure" if self.secure else ""
        return f"{self.name}={token}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=strict{secure}"


class _Refused(Exception):
    """A request that goes no further: the status and the reason in words."""

    def __init__(self, status: int, why: str, **headers: str) -> None:
        super().__init__(why)
        self.status, self.why, self.headers = status, why, headers


class Guard:
    """An application behind the checks."""

    def __init__(
        self,
        inner: ASGIApp,
        *,
        known: Known,
        access: Access,
        watch: Watch,
        hosts: Collection[str],
        cookie: Cookie,
        refusal: Refusal,
        problem: Refusal,
    ) -> None:
        """Stand before `inner`.

        Args:
            inner: the application.
            known: tells who sends a request.
            access: who may come how else.
            watch: counts what was answered.
            hosts: the values of the header `Host` that are this console, in lower case.
            cookie: the session's cookie.
            refusal: the page of a refused request, from its status and the reason.
            problem: the same for programs.
        """
        self.inner = inner
        self._known, self._hosts, self._cookie = known, frozenset(hosts), cookie
        self._access, self._watch = access, watch
        self._refusal, self._problem = refusal, problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, hand it on, and put the headers on the answer."""
        if scope["type"] != "http":
            return
        begun, status, began = False, 500, time.monotonic()
        told = self._problem if is_for_programs(scope["path"]) else self._refusal
        scope["session"], scope["acting"], scope["form"], scope["begun"] = None, None, {}, None

        async def guarded(message: Message) -> None:
            nonlocal begun, status
            if message["type"] == "http.response.start":
                begun, status = True, int(message["status"])
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if self._cookie.secure:
                    headers["strict-transport-security"] = "max-age=31536000"
                if scope["begun"] is not None:
                    headers.append("set-cookie", self._cookie.of(scope["begun"]))
            await send(message)

        try:
            await self._answered(scope, receive, guarded, told, lambda: begun)
        finally:
            seconds = time.monotonic() - began
            self._watch.answered(scope["method"], scope["path"], status, seconds)

    async def _answered(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        told: Refusal,
        begun: Callable[[], bool],
    ) -> None:
        try:
            if is_for_programs(scope["path"]):
                receive = await self._let_program_in(scope, receive)
            else:
                await self._let_in(scope, receive)
        except _Refused as refused:
            answer = told(refused.status, refused.why)
            answer.headers.update(refused.headers)
            await answer(scope, receive, send)
            return
        except RingwatchError as error:
            await told(503, str(error))(scope, receive, send)
            return
        try:
            await self.inner(scope, receive, send)
        except Exception:
            # Names from outside may stand in what went wrong: nothing of it goes out raw.
            for line in traceback.format_exc().splitlines():
                say(line)
            if not begun():
                why = "something went wrong; the terminal of the console has the details"
                await told(500, why)(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        host = self._checked_host(scope, headers)
        _check_method(scope)
        row = row_of(scope["method"], scope["path"])
        if row is not None and scope["path"] in PROBES:
            return
        public = row is not None and row.public
        try:
            session, begun = await run_in_threadpool(self._known.by_session, scope, headers)
        except Refused as error:
            raise _Refused(403, str(error)) from error
        scope["session"], scope["begun"] = session, begun
        if session is None and not public:
            raise _Refused(401, "you are not in, or your session has ended")
        if row is None:
            _refuse_path(scope)
            return
        if session is not None and not public:
            assert session.acting is not None
            scope["acting"] = session.acting
        if scope["method"] == "POST":
            _check_origin(headers, host)
            form = scope["form"] = await _form(headers, receive)
            if not public and session is not None:
                _check_token(form, session)
        if scope["acting"] is not None:
            try:
                row.refuse(scope["acting"])
            except Refused as error:
                raise _Refused(403, str(error)) from error

    async def _let_program_in(self, scope: Scope, receive: Receive) -> Receive:
        """Check the request of a program; give what its body, which is bounded, is read by."""
        headers = Headers(scope=scope)
        self._checked_host(scope, headers)
        _check_method(scope)
        if scope["path"] == METRICS_PATH and lies_in(scope, self._access.metrics_from):
            return receive
        try:
            acting = await run_in_threadpool(self._known.by_token, headers)
        except Refused as error:
            challenge = {"www-authenticate": 'Bearer realm="ringwatch"'}
            raise _Refused(401, str(error), **challenge) from error
        scope["acting"] = acting
        row = row_of(scope["method"], scope["path"])
        if row is None:
            _refuse_path(scope)
            return receive
        try:
            row.refuse(acting)
        except Refused as error:
            raise _Refused(403, str(error)) from error
        if scope["method"] != "POST":
            return receive
        if _type_of(headers) != "application/json":
            raise _Refused(415, "a body here is JSON: send `Content-Type: application/json`")
        return _again(await _body(receive, PROGRAMS_BYTES_AT_MOST))

    def _checked_host(self, scope: Scope, headers: Headers) -> str:
        host = headers.get("host", "").lower()
        by_address = scope["path"] in PROBES or (
            scope["path"] == METRICS_PATH and lies_in(scope, self._access.metrics_from)
        )
        if not by_address and (host not in self._hosts or len(headers.getlist("host")) != 1):
            raise _Refused(421, "this console is not reached by that host name")
        return host


def is_for_programs(path: str) -> bool:
    """Whether a path lies behind the programs' door: tokens, and no cookies."""
    return path in (API, METRICS_PATH) or path.startswith(f"{API}/")


def _check_method(scope: Scope) -> None:
    if scope["method"] not in {"GET", "POST"}:
        allow = ", ".join(methods_of(scope["path"]) or ("GET", "POST"))
        why = "the console is read by GET and written to by POST"
        raise _Refused(405, why, allow=allow)


def _refuse_path(scope: Scope) -> None:
    methods = methods_of(scope["path"])
    if methods:
        why = f"this is asked for by {' or '.join(methods)}, not by {scope['method']}"
        raise _Refused(405, why, allow=", ".join(methods))
    raise _Refused(404, "there is nothing at this address")


def _type_of(headers: Headers) -> str:
    return headers.get("content-type", "").split(";")[0].strip().lower()


def _again(body: bytes) -> Receive:
    """What gives a body that was read already."""
    left = [body]

    async def receive() -> Message:
        return {"type": "http.request", "body": left.pop() if left else b"", "more_body": False}

    return receive


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
    if _type_of(headers) != _FORM_TYPE:
        raise _Refused(415, "forms are sent url-encoded")
    body = await _body(receive, FORM_BYTES_AT_MOST)
    try:
        return parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FORM_FIELDS_AT_MOST,
        )
    except ValueError as error:
        raise _Refused(400, "the form cannot be read") from error


async def _body(receive: Receive, at_most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refused(400, "what was sent broke off")
        body += message.get("body", b"")
        if len(body) > at_most:
            raise _Refused(413, f"what was sent is too large: {at_most // 1024} kB are the most")
        if not message.get("more_body", False):
            return bytes(body)
