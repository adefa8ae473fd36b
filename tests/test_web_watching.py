"""What a console tells those who keep it running: health, readiness, numbers."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from console.web.access import Access, networks
from console.web.app import console_of
from review.people.roles import METRICS, READ_CLUSTERS, ROLES
from tests.web_consoles import (
    ADDRESS,
    HOSTS,
    browser_of,
    console,
    publish,
    quick_passwords,
    settle,
    sign_in,
    token_for,
    town,
)

pytestmark = pytest.mark.local_only

BY_ADDRESS = {"host": "10.1.2.3:8472"}


@pytest.fixture
def out(tmp_path):
    publish(tmp_path, "run", **town(4))
    return tmp_path


@pytest.fixture
def site_and_browser(out):
    with quick_passwords(), console(out) as (site, browser):
        settle(site)
        yield site, browser


@pytest.fixture
def site(site_and_browser):
    return site_and_browser[0]


@pytest.fixture
def browser(site_and_browser):
    return site_and_browser[1]


def read(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_console_that_works_is_alive_and_ready_by_whatever_name_it_is_asked(browser):
    for headers in ({}, BY_ADDRESS):
        assert browser.get("/healthz", headers=headers).text == "ok\n"
        answer = browser.get("/readyz", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})
    assert browser.get("/", headers=BY_ADDRESS).status_code == 421


def test_without_its_runs_it_is_alive_and_not_ready_and_names_no_path(out, browser, capsys):
    (out / "CURRENT").unlink()
    missing = browser.get("/readyz")
    (out / "CURRENT").write_text("damaged")
    damaged = browser.get("/readyz")

    assert browser.get("/healthz").status_code == 200
    assert (missing.status_code, missing.json()["reasons"]) == (503, ["no run is published"])
    assert damaged.json()["reasons"] == ["the list of runs cannot be read"]
    assert str(out) not in missing.text + damaged.text
    assert "not ready: " in capsys.readouterr().err


def test_a_store_that_another_version_changed_is_not_ready(out, browser):
    engine = create_engine(f"sqlite:///{out / 'review.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    answer = browser.get("/readyz")

    assert answer.status_code == 503 and "of another version" in answer.json()["reasons"][0]
    assert str(out) not in answer.text


def test_the_numbers_are_those_of_what_was_asked_and_of_what_stands(site, browser):
    bearer = token_for(site, "lead", READ_CLUSTERS, METRICS)
    sign_in(browser, "lead", "a wrong one")
    sign_in(browser, "lead")
    for path in ("/", "/", "/cluster?cluster=a001", "/nothing/<script>", "/static/no.css"):
        browser.get(path)
    site.store.decide("run", "a001", "confirmed", reason="so", by="lead")
    site.store.decide("run", "a002", "dismissed", reason="so", by="lead")
    browser.get("/api/v1/clusters", headers=bearer)
    answer = browser.get("/metrics", headers=bearer)
    told = read(answer)

    assert told["ringwatch_requests_total", "GET", "/", "200"] == 2
    assert told["ringwatch_requests_total", "GET", "/cluster", "200"] == 1
    assert told["ringwatch_requests_total", "GET", "/api/v1/clusters", "200"] == 1
    assert told["ringwatch_requests_total", "other", "other", "404"] == 1
    assert told["ringwatch_requests_total", "GET", "/static/{name}", "404"] == 1
    assert told["ringwatch_request_seconds_count", "/"] == 2
    assert told["ringwatch_sign_ins_total", "wrong"] == 1
    assert told["ringwatch_sign_ins_total", "in"] == 1
    assert told["ringwatch_clusters", "open"] == 2
    assert told["ringwatch_clusters", "confirmed"] == 1
    assert (told["ringwatch_up",], told["ringwatch_runs",]) == (1, 1)
    assert told["ringwatch_run_age_seconds", "tests"] > 0
    assert "script" not in answer.text


def test_the_numbers_say_where_the_store_does_not_answer(out, site, browser):
    bearer = token_for(site, "lead")
    assert read(browser.get("/metrics", headers=bearer))["ringwatch_up",] == 1
    (out / "CURRENT").write_text("damaged")
    told = read(browser.get("/metrics", headers=bearer))
    assert told["ringwatch_up",] == 0 and ("ringwatch_clusters", "open") not in told


def test_who_may_read_the_numbers_has_a_token_for_it(site, browser):
    got = {
        role: browser.get("/metrics", headers=token_for(site, role)).status_code for role in ROLES
    }
    sign_in(browser, "lead")

    assert got == {role: 200 if METRICS in verbs else 403 for role, verbs in ROLES.items()}
    assert browser.get("/metrics").status_code == 401
    assert (
        browser.get("/metrics", headers=token_for(site, "lead", READ_CLUSTERS)).status_code == 403
    )


def test_an_address_that_was_named_reads_the_numbers_without_a_token(site):
    access = Access(metrics_from=networks(["10.0.0.0/24"]))
    guard = console_of(site, address=ADDRESS, hosts=HOSTS, access=access)
    near, far = browser_of(guard, at="10.0.0.5"), browser_of(guard, at="10.0.1.5")

    assert near.get("/metrics", headers=BY_ADDRESS).status_code == 200
    assert far.get("/metrics").status_code == 401
    assert near.get("/api/v1/runs").status_code == 401 and near.get("/").status_code == 401
    assert near.post("/metrics").status_code == 405
