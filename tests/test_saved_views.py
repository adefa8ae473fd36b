"""Views of the queue under a name: one's own, and what others share."""

from __future__ import annotations

import pytest

from graph.errors import ConfigError
from review.store import Store

pytestmark = pytest.mark.local_only


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "review.sqlite") as opened:
        yield opened


def named(store, person):
    return [(each.name, each.by, each.filters) for each in store.views.of(person)]


def test_one_s_own_views_are_one_s_own_unless_they_are_shared(store):
    store.views.save("mine", "state=open", by="jo", at=1)
    store.views.save("all", "flagged=yes", by="jo", at=1, shared=True)

    assert named(store, "jo") == [("all", "jo", "flagged=yes"), ("mine", "jo", "state=open")]
    assert named(store, "al") == [("all", "jo", "flagged=yes")]


def test_saving_again_replaces_and_removing_ends_and_both_are_in_the_history(store):
    store.views.save("mine", "state=open", by="jo", at=1)
    store.views.save("mine", "state=mixed", by="jo", at=2)
    assert named(store, "jo") == [("mine", "jo", "state=mixed")]
    store.views.remove("mine", by="jo", at=3)
    assert named(store, "jo") == []
    assert [(each.action, each.at) for each in store.history()] == [("view", n) for n in (1, 2, 3)]
    assert store.verify_history() == 3


def test_nobody_removes_another_s_view(store):
    store.views.save("all", "", by="jo", at=1, shared=True)
    with pytest.raises(ConfigError, match="`al` keeps no view `all`"):
        store.views.remove("all", by="al", at=2)


def test_a_name_is_needed_and_has_a_length(store):
    with pytest.raises(ConfigError, match="a name is needed"):
        store.views.save(" ", "", by="jo", at=1)
    with pytest.raises(ConfigError, match="at most 80 characters"):
        store.views.save("x" * 81, "", by="jo", at=1)
