"""Pages from templates: every value escaped, names visible, and links where they lead on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from jinja2 import ChoiceLoader, Environment, PackageLoader, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from console.web.session import Session
from review.people.roles import READ_ACCOUNTS
from review.report import words
from review.report.page import environment
from review.visible import visible


def page(
    template: str, session: Session | None, *, status: int = 200, **values: object
) -> HTMLResponse:
    """A page for somebody, or for whoever is not in yet."""
    found = _environment().get_template(template)
    person = None if session is None else session.person
    form_token = "" if session is None else session.form_token
    told = {"person": person, "form_token": form_token, **_allowed(session), **values}
    return HTMLResponse(found.render(told), status_code=status)


def _allowed(session: Session | None) -> dict[str, Any]:
    """What a page shows or leaves away by who looks at it; the guard refuses all the same."""
    acting = None if session is None else session.acting
    return {
        "role": None if acting is None else acting.role,
        "may": _may_nothing if session is None else session.may,
    }


def _may_nothing(_: str, *, keeps: Collection[str] = ()) -> bool:
    return False


def url(path: str, **query: object) -> str:
    """An address within the console; what is None is left out."""
    told = [f"{name}={_quoted(str(value))}" for name, value in query.items() if value is not None]
    return f"{path}?{'&'.join(told)}" if told else path


# A page of a large cluster has thousands of links to a few hundred names.
@lru_cache(maxsize=4_096)
def _quoted(value: str) -> str:
    return quote(value, safe="")


@cache
def _environment() -> Environment:
    made = environment(ChoiceLoader([PackageLoader("console.web"), PackageLoader("review.report")]))
    made.filters.update(
        account=_account,
        cluster_name=_cluster,
        post_pairs=_post_pairs,
        lines=_lines,
    )
    made.globals.update(url=url)
    return made


@pass_context
def _account(context: Context, account: str | None) -> Markup:
    # Who sees the accounts of deliveries alone gets no page of one.
    if account is None or not context["may"](READ_ACCOUNTS):
        return words.name(account)
    return _link(url("/account", run=context["run_name"], account=account), words.name(account))


@pass_context
def _cluster(context: Context, cluster: str | None) -> Markup:
    if cluster is None:
        return words.name(None)
    return _link(url("/cluster", run=context["run_name"], cluster=cluster), words.name(cluster))


@pass_context
def _post_pairs(context: Context, edge: Mapping[str, Any]) -> Markup:
    told = {"run": context["run_name"], "cluster": context["cluster"]["cluster"]}
    to = url("/pair", **told, src=edge["src"], dst=edge["dst"])
    return _link(to, escape(f"show {words.number(edge['post_pairs'])}"))


def _lines(text: str) -> list[str]:
    """A note or a reason line by line; what cannot be seen stands as escapes."""
    return [visible(line) for line in text.replace("\r\n", "\n").split("\n")]


def _link(to: str, shown: Markup) -> Markup:
    return Markup(f'<a href="{escape(to)}">{escape(shown)}</a>')
