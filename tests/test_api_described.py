"""What the programs' door says of itself holds: schemathesis asks it all that it describes.

What is drawn as fit must be answered as described, what is drawn as unfit must be refused; an
answer must have the status, the type and the shape that the description gives it.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from console.web.permits import API, ROUTES
from tests.web_consoles import HOSTS, console, publish, quick_passwords, settle, token_for, town

pytestmark = [pytest.mark.local_only, pytest.mark.described]

EXAMPLES = 15
DOORS = sorted(
    (path.removeprefix(API), method)
    for method, path in ROUTES
    if path.startswith(API) and not path.endswith("openapi.json")
)


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    """The description of a console of five clusters, asked within this process."""
    out = tmp_path_factory.mktemp("described")
    publish(out, "run", **town(5))
    with quick_passwords(), console(out) as (site, browser):
        settle(site, ["lead"])
        bearer = token_for(site, "lead")
        told = browser.get(f"{API}/openapi.json", headers=bearer).json()
        loaded = schemathesis.openapi.from_dict(told)
        loaded.app = browser.app
        yield bearer, loaded


@pytest.mark.parametrize("fit", [True, False], ids=["fit", "unfit"])
@pytest.mark.parametrize(("path", "method"), DOORS)
def test_what_is_described_is_what_is_done(schema, path, method, fit):
    bearer, loaded = schema
    mode = GenerationMode.POSITIVE if fit else GenerationMode.NEGATIVE

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=loaded[path][method].as_strategy(generation_mode=mode))
    def asked(case):
        case.call_and_validate(headers={"Authorization": bearer["authorization"], "Host": HOSTS[0]})

    asked()
