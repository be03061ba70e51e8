"""What a door needs before it plans, once: catalog, beliefs and day. Command line, app and library all call it.

In: the installed price map, catalogs/, the user's data folder and store. Out: one frozen `Facts`. May not know: any
option, plan or page.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from planner.beliefs.evidence.measured import NOTHING, Measured
from planner.beliefs.latency.answer_lengths import with_measured_lengths
from planner.beliefs.model import Beliefs, fit_beliefs
from planner.catalog.load import load_catalog
from planner.catalog.prices.refresh import newest_price_map
from planner.catalog.schema import Catalog
from planner.resources import data_dir
from planner.store.database.place import default_url, is_kept


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Everything that a plan rests on beside the workload."""

    catalog: Catalog
    beliefs: Beliefs
    day: date


def load_facts(day: date | None = None, environment: Mapping[str, str] = os.environ) -> Facts:
    """Shipped facts, kept scores, what the user's probes measured, and the day (today when None)."""
    catalog = kept_catalog(environment)
    measured = kept_measurements(catalog, environment)
    beliefs = fit_beliefs(catalog, measured=measured, kept_in=data_dir())
    return Facts(with_measured_lengths(catalog, measured), beliefs, day or today())


def shipped_catalog() -> Catalog:
    """The shipped facts, with the newest fetched price map when there is one."""
    return load_catalog(price_map=newest_price_map(data_dir()))


def kept_catalog(environment: Mapping[str, str] = os.environ) -> Catalog:
    """The shipped facts, and the scores that the user's store keeps when there is one."""
    url = default_url(environment)
    if not is_kept(url):
        return shipped_catalog()
    from planner.beliefs.evidence.kept_scores import catalog_with_kept  # noqa: PLC0415 (the database library is paid for by those who have a store)

    return catalog_with_kept(shipped_catalog(), url)


def kept_measurements(catalog: Catalog, environment: Mapping[str, str] = os.environ) -> Measured:
    """What the user's store measured; nothing when there is no store yet, and none is made."""
    url = default_url(environment)
    if not is_kept(url):
        return NOTHING
    from planner.beliefs.evidence.learning import learn_from  # noqa: PLC0415 (as above)

    return learn_from(url, catalog)


def today() -> date:
    """The one clock of the doors: the day in UTC."""
    return datetime.now(tz=UTC).date()
