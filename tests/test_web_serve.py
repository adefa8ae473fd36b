"""`ringwatch serve` as people start it: a process on a free port of this machine."""

from __future__ import annotations

import re
import signal
from urllib.parse import urlsplit

import httpx2
import pytest
from typer.testing import CliRunner

from console.cli import app
from console.web.serving import is_loopback, listen
from graph.errors import ConfigError
from review.store import Store
from tests.web_consoles import publish, seen_of, serving, token_of, town

pytestmark = pytest.mark.local_only

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    publish(folder, "run", **town(3))
    return folder


def test_from_the_printed_link_to_a_decision_that_outlives_the_process(out):
    with serving(out) as (process, told):
        address, link = told["address"], urlsplit(told["link"]).query.removeprefix("link=")
        assert urlsplit(address).hostname == "127.0.0.1"
        with httpx2.Client(base_url=address, headers={"origin": address}, timeout=60) as browser:
            assert browser.get("/").status_code == 401
            assert browser.get(told["link"]).status_code == 200
            entered = browser.post("/enter", data={"link": link, "name": "jo"})
            assert entered.status_code == 303
            to = "/cluster?run=run&cluster=a002"
            html = browser.get(to).text
            decision = {"outcome": "confirmed", "reason": "one vendor", "seen": seen_of(html)}
            sent = {"form_token": token_of(html), **decision}
            assert browser.post(to.replace("/cluster", "/decide"), data=sent).status_code == 303
            answer = browser.get("/?state=confirmed")
            assert "a002" in answer.text and "server" not in answer.headers
            again = browser.post("/enter", data={"link": link, "name": "al"})
            assert again.status_code == 401
        process.send_signal(signal.SIGKILL)

    with Store.open(out / "review.sqlite") as store:
        [held] = store.decisions("run", "a002")
        assert (held.outcome, held.reason, held.by) == ("confirmed", "one vendor", "jo")
        store.verify_history()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_well_when_it_is_stopped(out, stop):
    with serving(out, "--as", "Jo Park") as (process, told):
        assert httpx2.get(told["link"]).text.count("Jo Park") == 1
        process.send_signal(stop)
        _, says = process.communicate(timeout=60)

        assert process.returncode == 0, says
        assert "the console is closed" in says and "Traceback" not in says


def test_another_store_can_be_named(out, tmp_path):
    with serving(out, "--store", f"sqlite:///{tmp_path / 'other.sqlite'}") as (_, told):
        assert httpx2.get(told["link"]).status_code == 200
    with Store.open(tmp_path / "other.sqlite") as store:
        assert store.has_run("run") and store.decisions("run", "a002") == []


def test_a_folder_without_a_run_is_refused_with_the_mend(tmp_path):
    result = CliRunner().invoke(app, ["serve", "--out", str(tmp_path), "--port", "0"])

    assert result.exit_code == 2
    assert "no run is published" in result.stderr


def test_other_machines_are_let_in_only_where_the_store_has_people(out):
    result = CliRunner().invoke(
        app, ["serve", "--out", str(out), "--port", "0", "--host", "0.0.0.0"]
    )

    assert result.exit_code == 2
    assert "the store has no people" in result.stderr and "people add" in result.stderr


@pytest.fixture
def with_people(tmp_path):
    publish(tmp_path, "run", **town(3))
    with Store.open(tmp_path / "review.sqlite") as store:
        store.people.add("ann", "admin", PASSWORD, by="root", at=0)
        store.people.add("jo", "reviewer", PASSWORD, by="ann", at=0)
    return tmp_path


def test_people_sign_in_and_no_link_lets_anybody_in(with_people):
    with serving(with_people) as (_, told):
        assert (told["people"], told["link"]) == (True, None)
        address = told["address"]
        with httpx2.Client(base_url=address, headers={"origin": address}, timeout=60) as browser:
            assert 'name="password"' in browser.get("/enter").text
            assert browser.post("/link", data={"please": ""}).status_code == 401
            wrong = browser.post("/sign-in", data={"name": "jo", "password": "guessed it"})
            assert wrong.status_code == 401
            right = browser.post("/sign-in", data={"name": "jo", "password": PASSWORD})
            assert right.status_code == 303
            assert "reviewer" in browser.get("/").text


def test_what_cannot_be_meant_is_refused_at_the_start(out, with_people):
    for folder, options, says in (
        (with_people, ["--as", "jo"], "everybody signs in by their own name"),
        (out, ["--proxy", "127.0.0.1", "--proxy-header", "x-user"], "the store has none"),
        (with_people, ["--proxy", "127.0.0.1"], "go together"),
        (with_people, ["--proxy", "here", "--proxy-header", "x-user"], "10.0.0.0/24"),
        (out, ["--reached-as", "https://rings.example"], "the store has no people"),
        (out, ["--pseudonym-key-env", "NO_SUCH_KEY"], "holds no key of 16 characters"),
    ):
        told = ["serve", "--out", str(folder), "--port", "0", *options]
        result = CliRunner().invoke(app, told)
        assert result.exit_code == 2 and says in result.stderr, options


def test_behind_a_proxy_with_tls_links_begin_with_its_name():
    listening = listen("127.0.0.1", 0, ["https://rings.example"], people=True)
    with listening.socket:
        assert listening.address == "https://rings.example"
        assert "rings.example" in listening.hosts


def test_a_console_that_others_reach_warns_and_knows_its_names(with_people):
    out = with_people
    with serving(out, "--host", "0.0.0.0", "--reached-as", "127.0.0.2") as (process, told):
        port = urlsplit(told["address"]).port
        assert told["address"] == f"http://127.0.0.2:{port}"
        assert httpx2.get(f"{told['address']}/enter").status_code == 200
        assert httpx2.get(f"http://127.0.0.3:{port}/").status_code == 421
        process.send_signal(signal.SIGINT)
        _, says = process.communicate(timeout=60)
        assert "other machines reach this console" in says


def test_a_port_that_is_taken_is_refused_with_the_mend():
    first = listen("127.0.0.1", 0)
    with first.socket:
        port = first.socket.getsockname()[1]
        with pytest.raises(ConfigError, match="--port 0"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
    ],
)
def test_what_is_of_this_machine_alone(host, alone):
    assert is_loopback(host) is alone


def test_the_address_of_ipv6_stands_in_brackets():
    listening = listen("::1", 0)
    with listening.socket:
        port = listening.socket.getsockname()[1]
        assert listening.address == f"http://[::1]:{port}"
        assert re.sub(r"\d+$", "", listening.hosts[0]) == "127.0.0.1:"
