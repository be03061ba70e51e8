"""Verdicts of a judge on pairs: reserved before they leave, kept before the next is asked, as attempts are.

A process that dies between `reserve_verdict` and `store_verdict` leaves it 'sent' with the reservation counted as
spent: it may have been paid. The verdict that closes a pair is kept with the pair's preference in one transaction.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from planner.errors import StoreError
from planner.store.attempts import add_to_run, commit_money
from planner.store.database.engine import Store
from planner.store.database.tables import attempts, cap_in_pico, picodollars, verdicts
from planner.store.grades import put_preference
from planner.store.records import Preference, Verdict
from planner.store.runs import require_run

VERDICT_FIELDS: Final = tuple(field.name for field in fields(Verdict))


def reserve_verdict(store: Store, verdict: Verdict, cap_usd: float) -> int | None:
    """Add a verdict as 'sent' with its reservation; its id, or None when the run could then pass its cap.

    Atomic across processes, as `reserve_attempt` is.
    """
    with store.writing() as connection:
        if not commit_money(connection, verdict.run, picodollars(verdict.reserved_usd), cap_in_pico(cap_usd)):
            return None
        return insert_verdict(connection, verdict, state="sent")


def store_verdict(store: Store, verdict: Verdict, preference: Preference | None = None) -> None:
    """Replace a verdict that was 'sent' by what came of it, and its reservation by its cost.

    Args:
        store: Where it was reserved.
        verdict: With the id that `reserve_verdict` gave, and state 'answered' or 'failed'.
        preference: What the pair comes to by it, at no further cost.

    Raises:
        StoreError: No verdict of this id is on its way.
    """
    with store.writing() as connection:
        if not put_verdict(connection, verdict):
            msg = f"store {store.place}: verdict {verdict.id} is not on its way, so it takes no answer"
            raise StoreError(msg)
        if preference is not None:
            put_preference(connection, preference)


def put_verdict(connection: Connection, verdict: Verdict) -> bool:
    """The same within a transaction that is under way; False when the verdict is not on its way."""
    values = {name: getattr(verdict, name) for name in ("state", "choice", "detail", "cost_usd")}
    found = sa.and_(verdicts.c.id == verdict.id, verdicts.c.state == "sent")
    done = connection.execute(
        sa.update(verdicts).where(found).values(values).returning(verdicts.c.run, verdicts.c.reserved_usd)
    ).first()
    if done is None:
        return False
    reserved = picodollars(done.reserved_usd)
    paid = reserved if verdict.cost_usd is None else picodollars(verdict.cost_usd)
    add_to_run(connection, done.run, committed=paid - reserved, spent=paid)
    return True


def insert_verdict(connection: Connection, verdict: Verdict, *, state: str) -> int:
    """Add the row alone; its id."""
    row = {name: getattr(verdict, name) for name in VERDICT_FIELDS if name != "id"} | {"state": state}
    return int(connection.execute(sa.insert(verdicts).values(row).returning(verdicts.c.id)).scalar_one())


def add_verdict(connection: Connection, verdict: Verdict) -> None:
    """Add a verdict in its own state with its money, within a transaction that is under way."""
    insert_verdict(connection, verdict, state=verdict.state)
    charged = picodollars(verdict.counted_usd)
    add_to_run(connection, verdict.run, committed=charged, spent=0 if verdict.state == "sent" else charged)


def verdicts_of(store: Store, run_id: str) -> list[Verdict]:
    """All verdicts of a run, in the order in which they were asked for."""
    with store.reading() as connection:
        require_run(connection, run_id)
        return read_verdicts(connection, run_id)


def read_verdicts(connection: Connection, run_id: str) -> list[Verdict]:
    """The same within a transaction that is under way."""
    query = sa.select(verdicts).where(verdicts.c.run == run_id).order_by(verdicts.c.id)
    return [_verdict(row) for row in connection.execute(query).mappings()]


def comparable_answers(store: Store, run_id: str) -> dict[tuple[str, str], dict[str, int]]:
    """Ids of the first repeat's answers by (item, condition) and model: numbers alone, so that long runs fit."""
    columns = (attempts.c.id, attempts.c.item, attempts.c.condition, attempts.c.model)
    wanted = sa.and_(attempts.c.run == run_id, attempts.c.repeat == 0, attempts.c.state == "answered")
    found: dict[tuple[str, str], dict[str, int]] = {}
    with store.reading() as connection:
        for number, item, condition, model in connection.execute(
            sa.select(*columns).where(wanted).order_by(attempts.c.id)
        ):
            found.setdefault((item, condition), {})[model] = int(number)
    return found


def read_answers(store: Store, ids: Collection[int]) -> dict[int, str]:
    """Texts of a few answers by the id of their attempt."""
    query = sa.select(attempts.c.id, attempts.c.answer).where(attempts.c.id.in_(list(ids)))
    with store.reading() as connection:
        return {int(number): text or "" for number, text in connection.execute(query)}


def clusters_of(store: Store, run_id: str) -> dict[str, str]:
    """What errors are clustered by, for each item of a run."""
    query = sa.select(attempts.c.item, attempts.c.cluster).where(attempts.c.run == run_id).distinct()
    with store.reading() as connection:
        return {str(item): str(cluster) for item, cluster in connection.execute(query)}


def _verdict(row: Mapping[Any, Any]) -> Verdict:
    return Verdict(**{name: row[name] for name in VERDICT_FIELDS})
