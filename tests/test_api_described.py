"""What the programs' door says of itself holds: schemathesis asks it all that it describes."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from console.web.permits import API
from tests.web_consoles import (
    console,
    publish,
    quick_passwords,
    settle,
    token_for,
    town,
)

pytestmark = [pytest.mark.local_only, pytest.mark.described]

EXAMPLES = 12


@pytest.fixture(scope="module")
def bearer_and_schema(tmp_path_factory):
    out = tmp_path_factory.mktemp("described")
    publish(out, "run", **town(5))
    with quick_passwords(), console(out) as (site, browser):
        settle(site, ["lead"])
        bearer = token_for(site, "lead")
        told = browser.get(f"{API}/openapi.json", headers=bearer).json()
        schema = schemathesis.openapi.from_dict(told)
        schema.app = browser.app
        yield bearer, schema


described = schemathesis.pytest.from_fixture("schema")


@pytest.fixture(scope="module")
def schema(bearer_and_schema):
    return bearer_and_schema[1]


@described.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
def test_what_is_described_is_what_is_done(case, bearer_and_schema):
    case.call_and_validate(headers={**bearer_and_schema[0], "host": "127.0.0.1:8472"})
