"""Who may sign in to a store, and what each role and token may do there."""

from __future__ import annotations

import json
import sqlite3

import pytest
from typer.testing import CliRunner

from console.cli import app
from graph.errors import ConfigError
from review.people import people as module
from review.people.people import NOT_IN, Refused
from review.people.roles import ROLES, VERBS, allowed, why_not
from review.store import Store

pytestmark = pytest.mark.local_only

NOW, DAY = 1_770_000_000_000, 86_400_000
GOOD = "correct horse battery"

# Roles in the order viewer, analyst, reviewer, lead, ops, data-scientist, admin:
# `+` may, `.` may not, `p` proposes, `o` not its own, `i` items alone, `s` under pseudonyms.
MATRIX = {
    "read-clusters": "+++++++",
    "read-accounts": ".+++is+",
    "explore": ".+++.++",
    "note": ".+++.++",
    "decide": ".p++...",
    "second-review": "..++...",
    "adjudicate": "...+...",
    "suppress": ".pp+...",
    "correct-ids": "...+...",
    "deliver": "..++...",
    "approve": "...oo..",
    "send": "...++..",
    "recall": "...++..",
    "receive": "...++..",
    "export": "..++...",
    "metrics": "++++.++",
    "query": "...+.++",
    "audit": "...+..+",
    "people": "......+",
}
SIGNS = {None: ".", "": "+", "propose": "p", "not-own": "o", "items": "i", "pseudonyms": "s"}


@pytest.fixture
def store(tmp_path, monkeypatch):
    # The true cost is tested once; elsewhere the same hash with less work.
    quick = module.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(module, "_HASHER", quick)
    module._nobody.cache_clear()
    with Store.open(tmp_path / "review.sqlite") as opened:
        yield opened
    module._nobody.cache_clear()


def test_every_role_may_just_what_the_table_says():
    assert MATRIX.keys() == VERBS.keys()
    found = {verb: "".join(SIGNS[allowed(role, verb)] for role in ROLES) for verb in VERBS}

    assert found == MATRIX


def test_what_is_not_in_the_table_is_refused_and_told_why():
    with pytest.raises(ConfigError, match="there is no verb `fly`"):
        allowed("lead", "fly")
    with pytest.raises(ConfigError, match="there is no role `root`"):
        allowed("root", "decide")
    assert why_not("admin", "decide") == (
        "an admin may not decide on clusters, undo a decision; analyst, reviewer, lead may"
    )


def test_a_person_signs_in_and_acts_by_their_role(store):
    store.people.add("jo", "reviewer", GOOD, by="ann", at=NOW)

    acting = store.people.sign_in("jo", GOOD, at=NOW)

    assert acting.limit("decide") == ""
    with pytest.raises(Refused, match="a reviewer may not approve a delivery; lead, ops may"):
        acting.limit("approve")
    store.people.change("jo", role="analyst", by="ann", at=NOW)
    assert store.people.sign_in("jo", GOOD, at=NOW).limit("decide") == "propose"


def test_a_wrong_name_and_a_wrong_password_are_told_the_same(store):
    store.people.add("jo", "viewer", GOOD, by="ann", at=NOW)
    store.people.add("al", "viewer", GOOD, by="ann", at=NOW)
    store.people.change("al", disabled=True, by="ann", at=NOW)

    for name, password in (("jo", "wrong"), ("nobody", GOOD), ("al", GOOD)):
        with pytest.raises(Refused, match=f"^{NOT_IN}$"):
            store.people.sign_in(name, password, at=NOW)


def test_after_five_wrong_tries_the_right_one_waits_a_minute_too(store):
    store.people.add("jo", "viewer", GOOD, by="ann", at=NOW)
    for _ in range(5):
        with pytest.raises(Refused, match="wrong"):
            store.people.sign_in("jo", "guess", at=NOW)

    with pytest.raises(Refused, match="too many tries"):
        store.people.sign_in("jo", GOOD, at=NOW + 59_000)
    assert store.people.sign_in("jo", GOOD, at=NOW + 60_001).person == "jo"


def test_a_token_does_what_it_was_made_for_until_its_day(store):
    store.people.add("jo", "ops", GOOD, by="ann", at=NOW)
    text = store.people.make_token(
        "jo", ["receive", "send"], by="ann", at=NOW, expires_at=NOW + DAY
    )

    acting = store.people.by_token(text, at=NOW + 1)

    assert (acting.person, acting.limit("receive")) == ("jo", "")
    with pytest.raises(Refused, match="was not made to take back what was sent"):
        acting.limit("recall")
    assert store.people.tokens()[0].used_at == NOW + 1
    for wrong in (text + "x", text[:-1], "rwt__", "", text.replace("rwt_", "abc_")):
        with pytest.raises(Refused, match="not in force"):
            store.people.by_token(wrong, at=NOW)
    with pytest.raises(Refused, match="not in force"):
        store.people.by_token(text, at=NOW + DAY)
    store.people.change("jo", disabled=True, by="ann", at=NOW)
    with pytest.raises(Refused, match="not in force"):
        store.people.by_token(text, at=NOW)
    store.people.change("jo", disabled=False, by="ann", at=NOW)
    store.people.revoke(acting.token, by="ann", at=NOW)
    with pytest.raises(Refused, match="not in force"):
        store.people.by_token(text, at=NOW)


def test_a_token_cannot_do_more_than_its_person(store):
    store.people.add("jo", "ops", GOOD, by="ann", at=NOW)
    with pytest.raises(ConfigError, match="an ops may not decide"):
        store.people.make_token("jo", ["decide"], by="ann", at=NOW, expires_at=NOW + DAY)
    with pytest.raises(ConfigError, match="ends within a year"):
        store.people.make_token("jo", ["send"], by="ann", at=NOW, expires_at=NOW + 400 * DAY)
    text = store.people.make_token("jo", ["recall"], by="ann", at=NOW, expires_at=NOW + DAY)
    store.people.change("jo", role="viewer", by="ann", at=NOW)
    with pytest.raises(Refused, match="may not take back what was sent"):
        store.people.by_token(text, at=NOW).limit("recall")


def test_no_secret_lies_in_the_store(store, tmp_path):
    store.people.add("jo", "ops", GOOD, by="ann", at=NOW)
    secret = store.people.make_token("jo", ["send"], by="ann", at=NOW, expires_at=NOW + DAY)

    raw = sqlite3.connect(tmp_path / "review.sqlite")
    lies = "\n".join(raw.iterdump())
    raw.close()

    assert GOOD not in lies
    assert secret.split("_", 2)[2] not in lies
    assert "$argon2id$" in lies
    assert [entry.action for entry in store.history()] == ["add-person", "make-token"]
    assert store.verify_history() == 2


def test_passwords_that_will_not_do_are_refused(store):
    for wrong in ("", "short", "x" * 257):
        with pytest.raises(ConfigError, match="a password has 8 to 256 characters"):
            store.people.add("jo", "viewer", wrong, by="ann", at=NOW)
    assert store.people.all() == []


def test_people_are_looked_after_on_the_command_line(store, tmp_path):
    def run(*args, given=None):
        result = CliRunner().invoke(app, ["people", *args, "--out", str(tmp_path)], input=given)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    run("add", "ann", "--role", "admin", given=GOOD + "\n")
    run("add", "jo", "--role", "ops", "--by", "ann", given=GOOD + "\n")
    text = run("token", "jo", "--verb", "send", "--by", "ann").splitlines()[0]
    told = json.loads(run("list", "--json"))

    assert store.people.sign_in("jo", GOOD, at=NOW).role == "ops"
    assert store.people.by_token(text, at=NOW).verbs == ("send",)
    assert [each["person"] for each in told["people"]] == ["ann", "jo"]
    assert "sha256" not in told["tokens"][0]


def test_on_the_command_line_a_name_is_one_of_the_stores_people_and_may_do_it(store, tmp_path):
    def run(*args, given=None):
        told = [*args, "--out", str(tmp_path)]
        return CliRunner().invoke(app, ["people", *told], input=given and given + "\n")

    first = run("add", "jo", "--role", "lead", given=GOOD)
    assert first.exit_code == 2 and "the first person is an admin" in first.stderr
    assert run("add", "ann", "--role", "admin", given=GOOD).exit_code == 0
    assert run("add", "jo", "--role", "lead", "--by", "ann", given=GOOD).exit_code == 0
    for by, says in (("mallory", "nobody is named"), ("jo", "a lead may not add people")):
        refused = run("add", "al", "--role", "admin", "--by", by, given=GOOD)
        assert refused.exit_code == 2 and says in refused.stderr, by
    kept = run("disable", "ann", "--by", "ann")
    assert kept.exit_code == 2 and "the only admin" in kept.stderr
    store.people.change("jo", disabled=True, by="ann", at=NOW)
    out = run("role", "ann", "--role", "viewer", "--by", "jo")
    assert out.exit_code == 2 and "`jo` is kept out" in out.stderr
    assert [each.person for each in store.people.all()] == ["ann", "jo"]


def test_a_store_without_people_lets_whoever_it_is_do_everything(store):
    assert not store.people.known()
    assert all(store.people.acting("root").limit(verb) == "" for verb in VERBS)
    store.people.add("ann", "admin", GOOD, by="root", at=NOW)
    assert store.people.known()
    with pytest.raises(Refused, match="nobody is named `root`"):
        store.people.acting("root")
    with pytest.raises(Refused, match="an admin may not decide"):
        store.people.acting("ann").limit("decide")


def test_a_limit_that_is_not_kept_is_a_refusal_that_says_who_may(store):
    store.people.add("jo", "analyst", GOOD, by="ann", at=NOW)
    acting = store.people.acting("jo")

    assert acting.demand("decide", keeps=("propose",)) == "propose"
    assert not acting.may("decide")
    with pytest.raises(Refused, match=r"force.*reviewer, lead may"):
        acting.demand("decide")


def test_a_password_costs_as_much_as_argon2_says_it_should():
    hasher = module.PasswordHasher()
    assert (hasher.type.name, hasher.time_cost >= 3, hasher.memory_cost >= 64 * 1024) == (
        "ID",
        True,
        True,
    )
