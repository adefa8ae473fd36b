"""A second person reviews a decision without knowing it; what differs is settled by a third."""

from __future__ import annotations

import shutil
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.engines import open_engine
from graph.errors import ConfigError, StoreError
from review.decisions import OUTCOMES
from review.deliveries.proposing import propose
from review.run import open_run
from review.second.agreement import agreement
from review.second.reviews import UNDO_WITHIN_MS
from review.second.rules import ReviewRules, drawn
from review.store import Store
from review.taking_in import take_in
from tests.lasting_runs import DAY, Day, publish

pytestmark = pytest.mark.local_only

NOW = 1_770_000_000_000
RING = [f"r{n}" for n in range(6)]
CLUB = [f"c{n}" for n in range(3)]
RUN = "daily-000"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("second")
    publish(out, Day(0, {"r0": RING, "c0": CLUB}))
    with Store.open(out / "review.sqlite") as store:
        assert take_in(out, store) == []
    return out


@pytest.fixture
def out(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def store(out):
    with Store.open(out / "review.sqlite") as opened:
        opened.second.set_rules(ReviewRules(large=5), reason="large ones", by="lead", at=NOW)
        yield opened


def first(store, cluster="r0", outcome="confirmed", by="jo", **given):
    return store.decide(RUN, cluster, outcome, reason="same vendor", by=by, at=NOW, **given)


def second(store, outcome="confirmed", by="al", at=NOW, **given):
    return store.second.review(RUN, "r0", outcome, reason="I think so", by=by, at=at, **given)


def leaving(store, out):
    with open_engine("local", threads=1) as engine:
        return propose(
            store, open_run(out), engine, out / "deliveries",
            destination="ops", purpose="look", by="jo", at=NOW,
        )  # fmt: skip


def test_a_rule_asks_for_a_second_review_and_the_state_says_so(store):
    first(store)
    first(store, "c0", "dismissed")

    assert store.states(RUN) == {"r0": "second-review", "c0": "dismissed"}
    assert store.state(RUN, "r0") == "second-review"
    [waiting] = store.second.waiting()
    assert (waiting.cluster, waiting.why, waiting.by) == ("r0", ("large",), "jo")


def test_what_the_first_said_is_in_nothing_that_the_second_reads(store):
    first(store, excluded=["r3"])

    [shown] = store.decisions(RUN, "r0")
    assert (shown.outcome, shown.excluded) == ("second-review", ())
    assert "vendor" not in repr(shown) and "confirmed" not in repr(shown)
    seen = store.identities.of_cluster(RUN, "r0")
    assert "vendor" not in repr(seen) and "confirmed" not in repr(seen)
    assert store.second.hidden("al") == {(RUN, "r0"): "jo"}
    assert store.second.hidden("jo") == {}


def test_two_who_agree_make_it_count(store):
    first(store, excluded=["r3"])
    made = second(store, excluded=["r3"])

    assert made.agrees
    assert store.states(RUN) == {"r0": "confirmed"}
    [shown] = store.decisions(RUN, "r0")
    assert (shown.by, shown.reason, shown.excluded) == ("jo", "same vendor", ("r3",))
    assert store.second.waiting() == []


@pytest.mark.parametrize("told", [{"outcome": "dismissed"}, {"excluded": ["r3"]}])
def test_two_who_differ_wait_for_a_third_whose_decision_stands(store, told):
    first(store)
    assert not second(store, **told).agrees
    assert store.states(RUN) == {"r0": "adjudication"}

    for by in ("jo", "al"):
        with pytest.raises(ConfigError, match="one of the two who differ"):
            store.second.settle(RUN, "r0", "mixed", reason="r", by=by, at=NOW)
    store.second.settle(RUN, "r0", "mixed", reason="halves", by="lee", at=NOW, excluded=["r1"])
    assert store.states(RUN) == {"r0": "mixed"}
    assert store.second.of_cluster(RUN, "r0").state == "settled"
    held = store.decisions(RUN, "r0")[-1]
    assert (held.by, held.reason, held.excluded) == ("lee", "halves", ("r1",))

    store.undo(RUN, "r0", reason="wrong", by="lee", at=NOW)
    assert store.states(RUN) == {"r0": "adjudication"}


def test_nobody_reviews_their_own_decision_nor_one_that_they_know(store):
    first(store)
    with pytest.raises(ConfigError, match="`jo` knows decision"):
        second(store, by="jo")
    with pytest.raises(ConfigError, match="`jo` knows decision"):
        second(store, by=" jo ")
    second(store, "dismissed")
    store.second.undo(RUN, "r0", reason="too quick", by="al", at=NOW)
    assert store.states(RUN) == {"r0": "second-review"}
    with pytest.raises(ConfigError, match="`al` knows decision"):
        second(store)
    assert second(store, by="lee").agrees


def test_a_second_review_is_taken_back_by_its_person_and_within_the_window(store):
    first(store)
    second(store)
    with pytest.raises(ConfigError, match="no second review of `jo` stands"):
        store.second.undo(RUN, "r0", reason="r", by="jo", at=NOW)
    with pytest.raises(ConfigError, match="within 30 minutes"):
        store.second.undo(RUN, "r0", reason="r", by="al", at=NOW + UNDO_WITHIN_MS + 1)
    store.second.undo(RUN, "r0", reason="r", by="al", at=NOW + UNDO_WITHIN_MS)
    assert store.states(RUN) == {"r0": "second-review"}


def test_others_do_not_decide_past_one_that_waits_and_its_person_may_decide_anew(store):
    first(store)
    with pytest.raises(ConfigError, match=r"awaits a second review, which is blind: `ringwatch se"):
        first(store, by="al")
    first(store, outcome="dismissed")
    assert store.states(RUN) == {"r0": "second-review"}
    second(store, "confirmed")
    with pytest.raises(ConfigError, match="and its second review differ"):
        first(store, by="lee")


def test_a_decision_that_came_meanwhile_is_not_reviewed_unseen(store):
    old = first(store)
    first(store, outcome="dismissed")
    with pytest.raises(StoreError, match="was decided on meanwhile"):
        second(store, seen=old.seq)
    assert store.states(RUN) == {"r0": "second-review"}


def test_a_decision_taken_back_waits_for_nobody(store):
    first(store)
    store.undo(RUN, "r0", reason="mistake", by="jo", at=NOW)

    assert (store.states(RUN), store.second.waiting()) == ({}, [])
    with pytest.raises(ConfigError, match="no decision on cluster `r0` awaits"):
        second(store)


def test_needs_more_is_reviewed_by_nobody(store):
    first(store, outcome="needs-more")
    assert store.states(RUN) == {"r0": "needs-more"}


def test_deliveries_hold_back_what_waits(store, out):
    first(store)
    held = leaving(store, out)
    assert held.delivery is None
    assert held.left_out == {
        "clusters open": 1, "clusters second-review": 1,
    }  # fmt: skip
    second(store, "dismissed")
    assert leaving(store, out).left_out == {"clusters adjudication": 1, "clusters open": 1}
    store.second.settle(RUN, "r0", "confirmed", reason="it is", by="lee", at=NOW)
    assert leaving(store, out).items == len(RING)


def test_a_second_review_taken_back_cancels_a_delivery_that_rests_on_it(store, out):
    first(store)
    second(store)
    made = leaving(store, out)
    store.second.undo(RUN, "r0", reason="too quick", by="al", at=NOW)
    with pytest.raises(StoreError, match="are no longer confirmed"):
        store.deliveries.approve(made.delivery, by="zoe", at=NOW)


def test_who_follows_a_run_is_told_of_second_reviews(store):
    first(store)
    seq, states = store.states_after(RUN, 0)
    assert states == {"r0": "second-review"}
    second(store)
    seq, states = store.states_after(RUN, seq)
    assert states == {"r0": "confirmed"}
    store.second.undo(RUN, "r0", reason="r", by="al", at=NOW)
    seq, states = store.states_after(RUN, seq)
    assert states == {"r0": "second-review"}
    assert store.states_after(RUN, seq) == (seq, {})


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (ReviewRules(large=7), ()),
        (ReviewRules(large=6), ("large",)),
        (ReviewRules(low_score=0.9), ()),
        (ReviewRules(low_score=2.0, large=1), ("large", "low-score")),
        (ReviewRules(first_of_kind=True), ("first-of-kind",)),
        (ReviewRules(share=1.0), ("share",)),
        (ReviewRules(share=0.0), ()),
    ],
)
def test_each_rule_asks_for_what_it_says(store, rules, why):
    store.second.set_rules(rules, reason="try", by="lead", at=NOW)
    assert store.second.rules() == rules
    first(store)
    asked = store.second.of_cluster(RUN, "r0")
    assert (() if asked is None else asked.why) == why


def test_only_the_first_of_a_kind_is_asked_for(store):
    store.second.set_rules(ReviewRules(first_of_kind=True), reason="try", by="lead", at=NOW)
    first(store, "c0")
    first(store, "r0")
    assert [each.cluster for each in store.second.waiting()] == ["c0"]


def test_other_rules_hold_for_what_comes_and_not_for_what_came(store):
    first(store)
    store.second.set_rules(ReviewRules(), reason="none", by="lead", at=NOW)
    assert store.states(RUN) == {"r0": "second-review"}
    first(store, "c0")
    assert store.states(RUN)["c0"] == "confirmed"


@pytest.mark.parametrize(
    ("rules", "why"),
    [(ReviewRules(share=1.5), "the share is 0 to 1"), (ReviewRules(large=0), "1 account or more")],
)
def test_rules_that_nobody_can_mean_are_refused(store, rules, why):
    with pytest.raises(ConfigError, match=why):
        store.second.set_rules(rules, reason="r", by="lead", at=NOW)


def test_the_draw_goes_by_lasting_id_and_seed_alone():
    ids = [f"CL-2026-{n:06}" for n in range(4_000)]
    chosen = [each for each in ids if drawn(each, share=0.1, seed="7")]

    # Sums of fixed digests: the same on every machine, for ever.
    assert len(chosen) == 364
    assert chosen[:3] == ["CL-2026-000008", "CL-2026-000026", "CL-2026-000029"]
    wider = {each for each in ids if drawn(each, share=0.3, seed="7")}
    assert wider > set(chosen)
    assert {each for each in ids if drawn(each, share=0.1, seed="8")} != set(chosen)


def test_agreement_by_hand():
    # Cohen's table: both yes 20, yes/no 5, no/yes 10, both no 15: po 0.7, pe 0.5, kappa 0.4.
    yes, no = "confirmed", "dismissed"
    pairs = [(yes, yes)] * 20 + [(yes, no)] * 5 + [(no, yes)] * 10 + [(no, no)] * 15
    found = agreement("all", pairs)

    assert (found.pairs, found.agreed, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert (found.low, found.high) == (
        pytest.approx(0.5625, abs=1e-4),
        pytest.approx(0.8090, abs=1e-4),
    )


def test_agreement_of_one_outcome_throughout_has_no_kappa():
    assert agreement("all", [("confirmed", "confirmed")] * 9).kappa is None
    assert agreement("all", []).share is None


@given(st.lists(st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(OUTCOMES)), max_size=40))
def test_kappa_is_at_most_one_and_one_only_where_all_agree(pairs):
    kappa = agreement("all", pairs).kappa
    assert kappa is None or kappa <= 1
    assert kappa is None or (kappa == 1) == all(one == other for one, other in pairs)


def test_agreement_counts_what_stands_and_tells_the_drawn_apart(store):
    first(store)
    second(store)
    everything, by_draw = store.second.agreement(RUN)
    assert (everything.pairs, everything.agreed, by_draw.pairs) == (1, 1, 0)
    store.second.undo(RUN, "r0", reason="r", by="al", at=NOW)
    assert store.second.agreement()[0].pairs == 0

    store.undo(RUN, "r0", reason="r", by="jo", at=NOW)
    store.second.set_rules(ReviewRules(share=1), reason="all", by="lead", at=NOW)
    first(store)
    second(store, "dismissed")
    assert [(each.pairs, each.agreed) for each in store.second.agreement()] == [(1, 0), (1, 0)]


def test_all_of_it_is_in_the_history_and_cannot_be_changed(store, out):
    first(store)
    second(store, "dismissed", excluded=["r1"])
    store.second.settle(RUN, "r0", "mixed", reason="halves", by="lee", at=NOW)
    store.second.set_rules(ReviewRules(), reason="none", by="lead", at=NOW)

    actions = [(each.action, each.by) for each in store.history()]
    assert actions[-3:] == [
        ("second-review", "al"),
        ("adjudicate", "lee"),
        ("review-rules", "lead"),
    ]
    assert store.verify_history() == len(actions)
    with sqlite3.connect(out / "review.sqlite") as database:
        for table in (
            "review_rules", "second_asked", "second_reviews", "second_exclusions", "settlements",
        ):  # fmt: skip
            for change in (f"delete from {table}", f"update {table} set rowid = rowid"):
                with pytest.raises(sqlite3.DatabaseError, match="append-only"):
                    database.execute(change)


def test_a_day_later_what_stands_is_carried_only_once_it_counts(store, out):
    first(store)
    publish(out, Day(1, {"r0": [*RING, "new"]}))
    assert take_in(out, store) == []
    held = store.identities.of_cluster("daily-001", "r0").carried
    assert held.decision.outcome == "second-review"
    assert {verdict for verdict, _ in held.verdicts.values()} == {"second-review"}
    second(store, at=NOW + DAY)
    held = store.identities.of_cluster("daily-001", "r0").carried
    assert {verdict for verdict, _ in held.verdicts.values()} == {"confirmed"}
    assert held.fresh == ("new",)
