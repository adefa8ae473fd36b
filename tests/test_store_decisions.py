"""What the review store keeps, and that it keeps all of it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading

import pyarrow as pa
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

import review.migrations
from graph.engines import open_engine
from graph.errors import ConfigError, StoreError
from graph.schemas import RUN_TABLES
from review.decisions import OUTCOMES, UNDONE, Decision, standing
from review.publish import RunFacts, RunWriter
from review.run import open_run
from review.store import Store
from review.tables import METADATA

pytestmark = pytest.mark.local_only

HOSTILE = [
    "x'; drop table decisions; --",
    '<script>alert("1")</script>',
    "=cmd|' /C calc'!A0",
    "\x1b[31mred\x1b[0m",
    "line\nbreak\ttab",
    "%s %(a)s :name ? {braces} $1",
    "\u202egnp.exe",
    "null",
    "\\N",
    "😀" * 50,
]


def publish(engine, out, clusters, *, run="run-1"):
    """A run of `{cluster: members}`."""
    members = [
        {"cluster": c, "account": a, "role": "core"} for c, who in clusters.items() for a in who
    ]
    places = [
        {"cluster": c, "place": place, "score": 1 / place, "accounts": len(who), "layers": "links"}
        for place, (c, who) in enumerate(clusters.items(), start=1)
    ]
    given = {"members": members, "clusters": places}
    with RunWriter.open(out, run, created_at=1) as writer:
        for name, schema in RUN_TABLES.items():
            writer.add(engine.from_arrow(rows(schema, given.get(name, [])), schema))
        return writer.publish(RunFacts(job="demo"))


def rows(schema, given):
    blank = {"VARCHAR": "", "BIGINT": 0, "DOUBLE": 0.0, "BOOLEAN": False}
    columns = {c.name: None if c.nullable else blank[c.type] for c in schema.columns}
    return pa.Table.from_pylist([{**columns, **row} for row in given], schema=schema.arrow)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with one published run and a store that took it in, to be copied."""
    out = tmp_path_factory.mktemp("made")
    with open_engine("local", threads=1) as engine, Store.open(out / "review.sqlite") as store:
        run = publish(engine, out, {"a1": ["a1", "a2", "a3"], "b1": ["b1", "b2"]})
        assert store.import_run(run, at=10)
    return out


@pytest.fixture
def store(made, tmp_path):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    with Store.open(tmp_path / "review.sqlite") as opened:
        yield opened


@pytest.fixture
def run(store, tmp_path):
    return open_run(tmp_path)


def test_a_run_is_taken_in_once(store, run):
    assert not store.import_run(run)

    assert [(r.run, r.clusters, r.members) for r in store.runs()] == [("run-1", 2, 5)]
    assert [(m.cluster, m.role) for m in store.memberships("a2")] == [("a1", "core")]
    assert store.memberships("nobody") == []
    assert [entry.action for entry in store.history()] == ["import"]


def test_another_run_of_the_same_name_is_refused(engine, store, run, tmp_path):
    other = publish(engine, tmp_path / "elsewhere", {"z": ["z", "z2"]})

    with pytest.raises(StoreError, match="knows another run named `run-1`"):
        store.import_run(other)
    assert store.memberships("z") == []


def test_a_run_that_cannot_be_taken_in_whole_is_not_taken_in(engine, store, tmp_path):
    with RunWriter.open(tmp_path, "run-2") as writer:
        for name, schema in RUN_TABLES.items():
            orphan = [{"cluster": "nowhere", "account": "a"}] if name == "members" else []
            writer.add(engine.from_arrow(rows(schema, orphan), schema))
        made = writer.publish(RunFacts(job="demo"))

    with pytest.raises(StoreError, match="nothing was written"):
        store.import_run(made)
    assert [r.run for r in store.runs()] == ["run-1"]
    assert store.verify_history() == 1


def test_the_same_members_have_the_same_digest_in_every_run(engine, store, run, tmp_path):
    store.import_run(publish(engine, tmp_path, {"b1": ["b1", "b2"], "c": ["c", "d"]}, run="run-2"))

    with sqlite3.connect(tmp_path / "review.sqlite") as raw:
        found = raw.execute(
            "select run, cluster, membership_sha256 from clusters order by run, cluster"
        ).fetchall()
    raw.close()
    digests = {(run, cluster): digest for run, cluster, digest in found}
    assert digests["run-1", "b1"] == digests["run-2", "b1"]
    assert len(set(digests.values())) == 3


def test_a_cluster_is_open_until_a_person_decides(store, run):
    assert store.state("run-1", "a1") == "open"
    assert store.states("run-1") == {}

    made = store.decide(
        "run-1", "a1", "confirmed", reason="same vendor", by="jo", at=20, excluded=["a3"]
    )

    assert store.states("run-1") == {"a1": "confirmed"}
    assert store.state("run-1", "a1") == "confirmed"
    assert store.decisions("run-1") == [made]
    assert made.excluded == ("a3",)


def test_the_history_keeps_what_was_seen_when_somebody_decided(store, run):
    store.decide("run-1", "a1", "confirmed", reason="same vendor", by="jo")

    saw = store.history()[-1].details["saw"]

    assert (saw["score"], saw["place"], saw["accounts"]) == (1.0, 1, 3)
    assert saw["manifest_sha256"] == run.manifest_sha256
    assert saw["ringwatch"] == run.manifest.versions["ringwatch"]
    assert len(saw["membership_sha256"]) == 64


def test_a_decision_is_taken_back_by_another_and_the_one_before_stands_again(store, run):
    first = store.decide("run-1", "a1", "needs-more", reason="few posts", by="jo")
    second = store.decide("run-1", "a1", "confirmed", reason="same vendor", by="jo")

    undo = store.undo("run-1", "a1", reason="wrong cluster", by="al")
    assert undo.undoes == second.seq
    assert store.state("run-1", "a1") == "needs-more"

    assert store.undo("run-1", "a1", reason="again", by="al").undoes == first.seq
    assert store.states("run-1") == {}
    with pytest.raises(ConfigError, match="no decision stands on cluster `a1`"):
        store.undo("run-1", "a1", reason="again", by="al")
    assert [d.outcome for d in store.decisions("run-1", "a1")] == [
        "needs-more",
        "confirmed",
        "undone",
        "undone",
    ]


@given(st.lists(st.sampled_from([*OUTCOMES, UNDONE]), max_size=12))
def test_what_stands_is_what_a_stack_of_decisions_would_show(acts):
    stack, given = [], []
    for seq, act in enumerate(acts, start=1):
        if act == UNDONE and not stack:
            continue
        undoes = stack.pop() if act == UNDONE else None
        if undoes is None:
            stack.append(seq)
        given.append(
            Decision(
                seq=seq, run="r", cluster="c", outcome=act, reason="x", by="y", at=0, undoes=undoes
            )
        )

    stands = standing(given)

    assert (stands.seq if stands else None) == (stack[-1] if stack else None)


def test_the_states_of_a_run_agree_with_each_clusters_own(store, run):
    store.decide("run-1", "a1", "confirmed", reason="r", by="jo")
    store.decide("run-1", "b1", "dismissed", reason="r", by="jo")
    store.decide("run-1", "b1", "mixed", reason="r", by="jo")
    store.undo("run-1", "b1", reason="r", by="jo")
    store.undo("run-1", "a1", reason="r", by="jo")

    assert store.states("run-1") == {"b1": store.state("run-1", "b1")} == {"b1": "dismissed"}


@pytest.mark.parametrize("missing", [{"reason": " "}, {"by": ""}])
def test_a_decision_needs_a_reason_and_a_person(store, run, missing):
    with pytest.raises(ConfigError, match="is needed, and it is empty"):
        store.decide("run-1", "a1", "confirmed", **{"reason": "r", "by": "jo", **missing})
    assert store.decisions("run-1") == []


def test_what_is_not_there_cannot_be_decided_on(store, run):
    with pytest.raises(ConfigError, match="did you mean `confirmed`"):
        store.decide("run-1", "a1", "confirm", reason="r", by="jo")
    with pytest.raises(ConfigError, match="no cluster `zz` in run `run-1`"):
        store.decide("run-1", "zz", "confirmed", reason="r", by="jo")
    with pytest.raises(ConfigError, match="no cluster `a1` in run `run-9`"):
        store.note("run-9", "a1", "hm", by="jo")
    with pytest.raises(ConfigError, match="`b1` cannot be excluded: it is no member of `a1`"):
        store.decide("run-1", "a1", "confirmed", reason="r", by="jo", excluded=["a2", "b1"])
    with pytest.raises(ConfigError, match="knows no run `run-9`"):
        store.record_export("run-9", file="f", sha256="0", rows=1, purpose="p", by="jo")
    assert [entry.action for entry in store.history()] == ["import"]


def test_a_decision_on_what_another_decided_meanwhile_is_refused(store, run):
    first = store.decide("run-1", "a1", "confirmed", reason="r", by="jo", seen=0)

    with pytest.raises(StoreError, match=f"decided on meanwhile \\(decision {first.seq}\\)"):
        store.decide("run-1", "a1", "dismissed", reason="r", by="al", seen=0)
    store.decide("run-1", "a1", "dismissed", reason="r", by="al", seen=first.seq)


def test_history_tells_everything_in_order(store, run):
    store.decide("run-1", "a1", "confirmed", reason="r", by="jo", at=20, excluded=["a2"])
    store.note("run-1", "b1", "looks like a fan club", by="al", at=30)
    store.undo("run-1", "a1", reason="mistake", by="jo", at=40)
    store.record_export("run-1", file="l.csv", sha256="ab", rows=3, purpose="ops", by="jo", at=50)

    told = [(e.seq, e.at, e.by, e.action, e.cluster) for e in store.history("run-1")]
    assert told == [
        (1, 10, "ringwatch", "import", None),
        (2, 20, "jo", "decide", "a1"),
        (3, 30, "al", "note", "b1"),
        (4, 40, "jo", "undo", "a1"),
        (5, 50, "jo", "export", None),
    ]
    assert store.history()[1].details["excluded"] == ["a2"]
    assert [e.seq for e in store.history(cluster="a1")] == [2, 4]
    assert [e.seq for e in store.history(after=3, limit=1)] == [4]
    assert [(n.seq, n.text) for n in store.notes("run-1")] == [(3, "looks like a fan club")]
    assert [(x.seq, x.file, x.rows) for x in store.exports("run-1")] == [(5, "l.csv", 3)]
    assert store.verify_history() == 5


@pytest.mark.parametrize("table", ["history", "decisions", "exclusions", "notes", "exports"])
@pytest.mark.parametrize("change", ["update {0} set rowid = rowid", "delete from {0}"])
def test_what_was_written_can_be_neither_changed_nor_removed(store, run, tmp_path, table, change):
    store.decide("run-1", "a1", "confirmed", reason="r", by="jo", excluded=["a2"])
    store.note("run-1", "a1", "n", by="jo")
    store.record_export("run-1", file="f", sha256="0", rows=1, purpose="p", by="jo")

    raw = sqlite3.connect(tmp_path / "review.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
        raw.execute(change.format(table))
    raw.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("update history set by = 'eve' where seq = 2", "entry 2 was altered"),
        ("update history set details = '{}' where seq = 2", "entry 2 was altered"),
        ("delete from history where seq = 2", "entry 2 is missing"),
        ("delete from history where seq = 3", "ends at entry 2, and 3 were written"),
        ("delete from history where seq = 1", "entry 1 is missing"),
    ],
)
def test_a_history_altered_past_the_triggers_is_found_out(store, run, tmp_path, change, says):
    store.note("run-1", "a1", "one", by="jo")
    store.note("run-1", "a1", "two", by="jo")
    raw = sqlite3.connect(tmp_path / "review.sqlite")
    raw.execute("drop trigger history_no_update")
    raw.execute("drop trigger history_no_delete")
    raw.execute(change)
    raw.commit()
    raw.close()

    with pytest.raises(StoreError, match=says):
        store.verify_history()


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_come_back_as_they_went_in(engine, tmp_path, store, words):
    store.import_run(publish(engine, tmp_path, {words: [words, words + "2"]}, run="run-2"))

    store.decide("run-2", words, "confirmed", reason=words, by=words, excluded=[words])
    store.note("run-2", words, words, by=words)

    (decision,) = store.decisions("run-2", words)
    assert (decision.cluster, decision.excluded) == (words, (words,))
    assert decision.reason == decision.by == store.notes("run-2", words)[0].text == words.strip()
    assert store.memberships(words)[0].cluster == words
    assert store.states("run-2") == {words: "confirmed"}
    assert store.verify_history() == 4


@pytest.mark.parametrize("words", ["half \ud800 a character", "a NUL \x00"])
def test_words_that_are_no_text_are_refused(store, run, words):
    with pytest.raises(ConfigError, match="holds"):
        store.note("run-1", "a1", words, by="jo")


def test_writers_at_once_lose_nothing_and_fork_no_history(store, run, tmp_path):
    told = []

    def work(person):
        with Store.open(tmp_path / "review.sqlite") as own:
            for turn in range(10):
                own.note("run-1", "a1", f"{person} {turn}", by=person)
        told.append(person)

    people = [threading.Thread(target=work, args=(f"p{n}",)) for n in range(6)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert len(told) == 6
    assert len(store.notes("run-1")) == 60
    assert store.verify_history() == 61


def test_processes_that_open_a_new_store_at_once_all_find_it_ready(tmp_path):
    script = (
        "import sys; from review.store import Store;"
        "s = Store.open(sys.argv[1]); print(s.verify_history()); s.close()"
    )
    where = str(tmp_path / "deep" / "review.sqlite")
    started = [
        subprocess.Popen([sys.executable, "-c", script, where], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [process.communicate()[0].strip() for process in started] == [b"0"] * 3


def test_of_two_who_decide_at_once_on_what_they_saw_one_is_told(store, run, tmp_path):
    for turn in range(10):
        seen = max((d.seq for d in store.decisions("run-1", "a1")), default=0)
        start, told = threading.Barrier(2), []

        def decide(person, start=start, told=told, seen=seen):
            with Store.open(tmp_path / "review.sqlite") as own:
                start.wait()
                try:
                    own.decide("run-1", "a1", "mixed", reason="r", by=person, seen=seen)
                except StoreError as error:
                    told.append(str(error))

        both = [threading.Thread(target=decide, args=(name,)) for name in ("jo", "al")]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert len(told) == 1, told
        assert "meanwhile" in told[0]
        assert len(store.decisions("run-1", "a1")) == turn + 1


def test_the_migrations_make_just_the_tables_that_the_code_knows(store, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'review.sqlite'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_that_the_code_expects():
    config = Config()
    config.set_main_option("script_location", review.migrations.__path__[0])
    assert ScriptDirectory.from_config(config).get_current_head() == review.migrations.HEAD


def test_a_store_of_a_later_version_is_refused_by_name(store, tmp_path):
    with sqlite3.connect(tmp_path / "review.sqlite") as raw:
        raw.execute("update alembic_version set version_num = '9999'")
    raw.close()

    with pytest.raises(StoreError, match="was made by another version"):
        Store.open(tmp_path / "review.sqlite")


def test_a_store_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "review.sqlite"
    path.write_text("account,cluster\n" * 500)

    with pytest.raises(StoreError, match="file is not a database"):
        Store.open(path)
    assert path.read_text() == "account,cluster\n" * 500


@pytest.mark.parametrize("url", ["nosuch://host/name", "://", "sqlite+nosuch://"])
def test_a_store_url_that_means_nothing_is_answered_without_its_password(url):
    with pytest.raises(ConfigError):
        Store.open(url)


def test_a_stores_password_is_never_shown():
    with pytest.raises(ConfigError) as caught:
        Store.open("nosuch://jo:secret@host/name")
    assert "secret" not in str(caught.value)
