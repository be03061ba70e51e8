from datetime import date

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.options.cache import OptionsCache


def test_a_known_key_gives_the_same_object() -> None:
    cache = OptionsCache()
    first = cache.recall("stage", "owner", 1, list)
    assert cache.recall("stage", "owner", 1, list) is first


def test_another_key_stage_or_owner_is_worked_out_anew() -> None:
    cache = OptionsCache()
    made = [
        cache.recall(stage, owner, key, list) for stage, owner, key in (("s", "o", 1), ("s", "o", 2), ("t", "o", 1))
    ]
    assert len({id(value) for value in made}) == 3


def test_only_the_last_used_values_are_kept() -> None:
    cache = OptionsCache(keep=2)
    first, second = cache.recall("s", "o", 1, list), cache.recall("s", "o", 2, list)
    cache.recall("s", "o", 1, list)
    cache.recall("s", "o", 3, list)
    assert cache.recall("s", "o", 1, list) is first
    assert cache.recall("s", "o", 2, list) is not second


def test_other_facts_or_another_day_empty_it(catalog: Catalog, beliefs: Beliefs) -> None:
    cache = OptionsCache()
    cache.bind(catalog, beliefs, date(2026, 11, 24))
    first = cache.recall("s", "o", 1, list)
    cache.bind(catalog, beliefs, date(2026, 11, 24))
    assert cache.recall("s", "o", 1, list) is first
    cache.bind(catalog, beliefs, date(2026, 11, 25))
    assert cache.recall("s", "o", 1, list) is not first
