"""Plans as text on both databases."""

from datetime import timedelta

import pytest

from planner.errors import InputError
from planner.store import plans as kept
from planner.store.database.engine import Store
from planner.store.records import KeptPlan
from tests.store.rows import START


def test_a_plan_comes_back_as_it_was_stored(store: Store) -> None:
    plan = KeptPlan("abc123", "Support desk – Zürich", START, '{"version": 1}')
    kept.store_plan(store, plan)
    assert kept.read_plan(store, "abc123") == plan


def test_plans_are_listed_newest_first(store: Store) -> None:
    for number, name in enumerate(("a", "b")):
        kept.store_plan(store, KeptPlan(name, "desk", START + timedelta(hours=number), "{}"))
    assert [plan.hash for plan in kept.list_plans(store)] == ["b", "a"]


def test_a_plan_of_one_hash_is_kept_once(store: Store) -> None:
    first = KeptPlan("abc", "desk", START, "{}")
    kept.store_plan(store, first)
    kept.store_plan(store, KeptPlan("abc", "desk", START + timedelta(days=1), "{}"))
    assert kept.list_plans(store) == (first,)


def test_an_unknown_plan_is_told_with_the_closest(store: Store) -> None:
    kept.store_plan(store, KeptPlan("abc123", "desk", START, "{}"))
    with pytest.raises(InputError, match="found 'abc124'; allowed: a kept plan: abc123"):
        kept.read_plan(store, "abc124")


def test_an_empty_store_has_no_plan(store: Store) -> None:
    with pytest.raises(InputError, match="no plan is kept yet"):
        kept.read_plan(store, "abc")
