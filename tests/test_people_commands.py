"""On the command line a name is one of the people of the store, for each command that writes."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest
from typer.testing import CliRunner

from console.acting import by_whom
from console.cli import app
from console.commands import COMMANDS
from review.people.acting import Refused
from review.people.roles import ROLES, VERBS
from review.store import Store
from tests.web_consoles import PASSWORD, START, publish, quick_passwords, town

pytestmark = pytest.mark.local_only

WRITES = {
    "decide": ["#1", "confirmed", "--reason", "so"],
    "identity": ["#1", "--undo", "1", "--reason", "so"],
    "export": ["there.csv", "--purpose", "p"],
    "deliver": ["partner", "--purpose", "p"],
    "approve": ["DL-2026-000001"],
    "cancel": ["DL-2026-000001", "--reason", "so"],
    "send": [],
    "receipts": ["DL-2026-000001", "receipts.jsonl"],
    "recall": ["DL-2026-000001", "--reason", "so"],
    "suppress": ["--account", "a001", "--reason", "so", "--until", "2027-01-31"],
    "people": ["disable", "lead"],
    "second": ["#1", "confirmed", "--reason", "so"],
    "settle": ["#1", "confirmed", "--reason", "so"],
    "reviews": ["--share", "0.1", "--reason", "so"],
    "claim": ["#1"],
}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    publish(folder, "run", **town(3))
    (folder / "destinations.toml").write_text('[destinations.partner]\nfolder = "there"\n')
    (folder / "receipts.jsonl").write_text("")
    with quick_passwords(), Store.open(folder / "review.sqlite") as store:
        for role in ("admin", *(each for each in ROLES if each != "admin")):
            store.people.add(role, role, PASSWORD, by="admin", at=START)
    return folder


def test_every_command_that_bears_a_name_stands_in_this_test():
    asking = {
        entry.name
        for entry in COMMANDS
        if "by" in inspect.signature(_function(entry)).parameters
        # It writes a network of a file, and to no store.
        and entry.name != "network"
    }

    assert asking == WRITES.keys()


def _function(entry):
    return getattr(import_module(f"console.commands.{entry.module}"), entry.function)


@pytest.mark.parametrize("command", WRITES)
@pytest.mark.parametrize(
    ("by", "says"), [("viewer", "a viewer may not"), ("mallory", "nobody is named `mallory`")]
)
def test_who_may_not_and_who_is_not_there_writes_nothing(out, monkeypatch, command, by, says):
    monkeypatch.chdir(out)
    with Store.open(out / "review.sqlite") as store:
        before = [each for each in store.history() if each.action != "import"]
    result = CliRunner().invoke(app, [command, *WRITES[command], "--out", str(out), "--by", by])
    with Store.open(out / "review.sqlite") as store:
        after = [each for each in store.history() if each.action != "import"]

    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert after == before and not (out / "there.csv").exists()


def test_who_may_is_named_in_the_history(out):
    told = ["decide", "#2", "confirmed", "--reason", "so", "--out", str(out)]
    admin = CliRunner().invoke(app, [*told, "--by", "admin"])
    analyst = CliRunner().invoke(app, [*told, "--by", "analyst"])
    done = CliRunner().invoke(app, [*told, "--by", "reviewer"])

    assert admin.exit_code == 2 and "an admin may not decide" in admin.stderr
    assert analyst.exit_code == 2 and "somebody else puts it into force" in analyst.stderr
    assert done.exit_code == 0, done.stderr
    with Store.open(out / "review.sqlite") as store:
        assert [each.by for each in store.decisions("run")] == ["reviewer"]


def test_a_lead_settles_and_sets_the_rules_and_a_reviewer_does_not(out):
    told = ["reviews", "--share", "0.2", "--reason", "so", "--out", str(out)]
    reviewer = CliRunner().invoke(app, [*told, "--by", "reviewer"])
    settles = ["settle", "#1", "confirmed", "--reason", "so", "--out", str(out)]
    settler = CliRunner().invoke(app, [*settles, "--by", "reviewer"])
    lead = CliRunner().invoke(app, [*told, "--by", "lead"])
    claims = CliRunner().invoke(app, ["claim", "#3", "--out", str(out), "--by", "reviewer"])

    assert reviewer.exit_code == 2 == settler.exit_code
    for refused in (reviewer, settler):
        assert "a reviewer may not settle two decisions that differ" in refused.stderr
    assert lead.exit_code == 0, lead.stderr
    assert claims.exit_code == 0, claims.stderr
    with Store.open(out / "review.sqlite") as store:
        assert store.second.rules().share == 0.2


def test_each_role_passes_for_just_the_verbs_that_it_has_whole_or_may_do_for_others(out):
    with Store.open(out / "review.sqlite") as store:
        for role, verbs in ROLES.items():
            for verb in VERBS:
                if verbs.get(verb) in ("", "not-own"):
                    assert by_whom(store, role, verb) == role
                else:
                    with pytest.raises(Refused):
                        by_whom(store, role, verb)


def test_one_of_several_verbs_is_enough_and_the_login_is_the_name_by_default(out, monkeypatch):
    monkeypatch.setenv("RINGWATCH_USER", "reviewer")
    with Store.open(out / "review.sqlite") as store:
        assert by_whom(store, None, "approve", "deliver") == "reviewer"
        monkeypatch.setenv("RINGWATCH_USER", "root")
        with pytest.raises(Refused, match="say who does this with `--by NAME`"):
            by_whom(store, None, "deliver")
