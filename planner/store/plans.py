"""Plans as JSON text with a hash: the store knows no plan from the inside."""

import difflib

import sqlalchemy as sa

from planner.errors import InputError
from planner.store.database.engine import Store
from planner.store.database.tables import insert_into, plans
from planner.store.records import KeptPlan


def store_plan(store: Store, plan: KeptPlan) -> None:
    """Keep a plan; one of the same hash is the same plan and stays as it is."""
    row = {"hash": plan.hash, "workload": plan.workload, "kept": plan.kept, "text": plan.text}
    with store.writing() as connection:
        connection.execute(insert_into(connection, plans).values(row).on_conflict_do_nothing())


def list_plans(store: Store) -> tuple[KeptPlan, ...]:
    """All kept plans, the newest first."""
    query = sa.select(plans).order_by(plans.c.kept.desc(), plans.c.hash)
    with store.reading() as connection:
        return tuple(KeptPlan(**row) for row in connection.execute(query).mappings())


def read_plan(store: Store, plan_hash: str) -> KeptPlan:
    """A plan by its hash; InputError with the closest hashes when there is none."""
    with store.reading() as connection:
        row = connection.execute(sa.select(plans).where(plans.c.hash == plan_hash)).mappings().first()
        known = [] if row else list(connection.scalars(sa.select(plans.c.hash).order_by(plans.c.kept.desc())))
    if row is None:
        close = difflib.get_close_matches(plan_hash, known) or known[:3]
        allowed = f"a kept plan: {', '.join(close)}" if close else "no plan is kept yet"
        raise InputError("store", "plan", found=plan_hash, allowed=allowed)
    return KeptPlan(**row)
