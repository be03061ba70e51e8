"""Verdicts on pairs: reserved under the cap, kept with what a pair comes to, exported; older stores are taken on."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from planner.catalog.price import Price, PriceStep
from planner.errors import StoreError
from planner.store import migrations
from planner.store.database.engine import Store, open_store
from planner.store.grades import preferences_of
from planner.store.learnable import measured_hash
from planner.store.migrations import SCHEMA
from planner.store.records import Preference, Spending, Verdict
from planner.store.runs import read_run, spending
from planner.store.transfer import export_run, import_run
from planner.store.verdicts import reserve_verdict, store_verdict, verdicts_of
from tests.store.rows import START, a_run, a_target, keep_run

RUN = a_run().id


def a_verdict(**given: Any) -> Verdict:
    made = Verdict(None, RUN, "item-0", "plain", "a", "b", "c", "sent", "", "", 0.25, None, START)
    return replace(made, **given)


def _answered(verdict: Verdict, number: int | None, **given: Any) -> Verdict:
    return replace(verdict, id=number, state="answered", choice="first", detail="„besser“", cost_usd=0.1, **given)


WINS = Preference(RUN, "item-0", "a", "b", "c", 0.0, START, "plain")
TIED = replace(WINS, item="item-1", tied=True)


def test_a_verdict_is_reserved_then_charged_and_comes_back(store: Store) -> None:
    keep_run(store)
    number = reserve_verdict(store, a_verdict(), 0.3)
    assert spending(store, RUN) == Spending(0.0, 0.25)
    assert reserve_verdict(store, a_verdict(), 0.3) is None
    kept = _answered(a_verdict(), number)
    store_verdict(store, kept, WINS)
    assert spending(store, RUN) == Spending(0.1, 0.1)
    assert verdicts_of(store, RUN) == [kept]
    assert preferences_of(store, RUN) == [WINS]


def test_a_verdict_takes_one_answer_and_a_second_keeps_no_preference(store: Store) -> None:
    keep_run(store)
    kept = _answered(a_verdict(), reserve_verdict(store, a_verdict(), 1.0))
    store_verdict(store, kept)
    with pytest.raises(StoreError, match="is not on its way"):
        store_verdict(store, kept, WINS)
    assert preferences_of(store, RUN) == []


def test_a_failure_of_unknown_cost_stays_counted_as_reserved(store: Store) -> None:
    keep_run(store)
    number = reserve_verdict(store, a_verdict(), 1.0)
    store_verdict(store, a_verdict(id=number, state="failed", detail="timeout: none"))
    assert spending(store, RUN) == Spending(0.25, 0.25)


def test_a_tie_is_another_fact_than_a_win(store: Store) -> None:
    keep_run(store)
    facts = set()
    for preference in (WINS, replace(WINS, tied=True), replace(WINS, condition="")):
        number = reserve_verdict(store, a_verdict(), 9.0)
        store_verdict(store, _answered(a_verdict(), number), preference)
        facts.add(measured_hash(store))
    assert len(facts) == 3


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_verdicts_ties_and_price_steps_go_with_an_exported_run(store: Store, tmp_path: Path, ending: str) -> None:
    step = PriceStep(200_000.0, 4.0, 20.0, 0.4, None)
    stepped = a_target("stepped", price=Price(2.0, 10.0, 0.2, steps=(step,)))
    keep_run(store, a_run(targets=(stepped, a_target())))
    for item, preference in (("item-0", WINS), ("item-1", TIED)):
        number = reserve_verdict(store, a_verdict(item=item), 9.0)
        store_verdict(store, _answered(a_verdict(item=item), number), preference)
    reserve_verdict(store, a_verdict(item="item-2"), 9.0)
    file = tmp_path / f"run.{ending}"
    export_run(store, RUN, file)
    with open_store(f"sqlite:///{tmp_path / 'other.sqlite3'}") as other:
        for _ in range(2):
            import_run(other, file)
            assert [replace(one, id=None) for one in verdicts_of(other, RUN)] == [
                replace(one, id=None) for one in verdicts_of(store, RUN)
            ]
            assert preferences_of(other, RUN) == [WINS, TIED]
            assert spending(other, RUN) == spending(store, RUN)
            assert replace(read_run(other, RUN), imported=False) == read_run(store, RUN)
            assert measured_hash(other) == measured_hash(store)


@pytest.fixture
def old_store(tmp_path: Path) -> str:
    """A store of the form before pairs, with a run, a target and a preference."""
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        old = sa.MetaData()
        old.reflect(connection)
        run = a_run()
        connection.execute(old.tables["suites"].insert().values(hash=run.suite_hash, name="sums", text="{}"))
        values = {
            name: getattr(run, name) for name in [column.name for column in old.tables["runs"].c] if hasattr(run, name)
        }
        values |= {"created": run.created.replace(tzinfo=None), "committed_pico": 0, "spent_pico": 0, "digest": 0}
        connection.execute(old.tables["runs"].insert().values(values))
        target = {name: value for name, value in asdict(run.targets[1]).items() if name in old.tables["targets"].c}
        connection.execute(old.tables["targets"].insert().values(run=RUN, place=0, **target))
        preference = {"run": RUN, "item": "item-0", "winner": "a", "loser": "b", "judge": "c", "cost_usd": 0.1}
        connection.execute(old.tables["preferences"].insert().values(**preference, judged=START.replace(tzinfo=None)))
    engine.dispose()
    return url


def test_a_store_of_the_earlier_form_is_taken_on_with_all_it_holds(old_store: str) -> None:
    with open_store(old_store) as store:
        assert read_run(store, RUN).targets == (a_run().targets[1],)
        assert preferences_of(store, RUN) == [Preference(RUN, "item-0", "a", "b", "c", 0.1, START)]
        number = reserve_verdict(store, a_verdict(), 1.0)
        store_verdict(store, _answered(a_verdict(), number), TIED)
        assert preferences_of(store, RUN)[1] == TIED
    assert SCHEMA == "0003"
