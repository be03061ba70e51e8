"""The library in four calls: plan, what if, check, price, on the facts that every door uses.

In: a workload, or its file. Out: what the command line prints, as values. May not know: widgets, terminals.

    >>> from planner import plan, what_if, check, price, load_facts
    >>> facts = load_facts()                       # once, for several questions
    >>> workload = '''
    ... version: 1
    ... name: Support desk
    ... segments:
    ...   - name: ticket-triage
    ...     skill: classification
    ...     requests_per_month: 1500000
    ...     input_tokens: {mean: 420, p95: 900}
    ...     output_tokens: {mean: 12, p95: 30}
    ... '''
    >>> asked = parse_workload(workload)
    >>> outcome = plan(asked, facts)
    >>> outcome.status, [segment.name for segment in outcome.segments]
    ('optimal', ['ticket-triage'])
    >>> doubled = what_if(asked, ["segments.*.requests_per_month=x2"], facts)
    >>> doubled.cost_usd.mean > 0.0
    True
    >>> check(asked, outcome, facts=facts).verdict
    'unchanged'
    >>> cheapest = price("openai/gpt-4o-mini", 1000, 100, facts=facts)[0]
    >>> cheapest.usd > 0.0
    True
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.catalog.names.models import find_model
from planner.catalog.pricing import TokenUse, batch_charge_usd, charge_usd
from planner.facts import Facts, load_facts
from planner.options.cache import OptionsCache
from planner.planning.accepted.check import Check, check_plan
from planner.planning.certainty.ways import add_certainty
from planner.planning.choose import plan_bundle
from planner.planning.plan import Outcome, Plan
from planner.planning.plan_file import read_plan
from planner.planning.what_if.changes import Change, parse_change
from planner.planning.what_if.comparison import Comparison
from planner.planning.what_if.comparison import what_if as compare
from planner.workload.load import load_workload, parse_workload
from planner.workload.schema import Workload

__all__ = ["PricedOffer", "check", "parse_workload", "plan", "price", "what_if"]


@dataclass(frozen=True, slots=True)
class PricedOffer:
    """What one request costs at one offer."""

    key: str
    """litellm's name of it."""
    provider: str
    area: str
    usd: float
    batch_usd: float
    """The same where the answer may wait; `usd` where no batch price is stated."""
    source: str
    checked: str
    """Day that the price was read, ISO."""


def plan(workload: Workload | str | Path, facts: Facts | None = None) -> Outcome:
    """Plan a workload as `planner plan` does: kept scores and measurements count, the day is today.

    Args:
        workload: What is asked, or the YAML file that says it.
        facts: Catalog, beliefs and day, for several plans on the same; loaded when None.

    Raises:
        InputError: The file is wrong: file, field, what was found, what is allowed.
    """
    known = _facts(facts)
    cache = OptionsCache()
    planned = plan_bundle(_workload(workload), known.catalog, known.beliefs, known.day, cache)
    return add_certainty(planned, known.catalog, known.beliefs, known.day, cache)


def what_if(workload: Workload | str | Path, changes: Sequence[str | Change], facts: Facts | None = None) -> Comparison:
    """Plan a workload, plan it again with changes, and compare draw by draw, as `planner plan --set` writes them.

    Args:
        workload: What is asked, or the YAML file that says it.
        changes: 'segments.*.requests_per_month=x2', 'limits.max_models=3', ... or `Change`s; applied in order.
        facts: As of `plan`.

    Raises:
        InputError: A change names no input, or its value is not allowed.
    """
    known = _facts(facts)
    before = plan_bundle(_workload(workload), known.catalog, known.beliefs, known.day)
    asked = [change if isinstance(change, Change) else parse_change(change) for change in changes]
    return compare(before, asked, known.catalog, known.beliefs, known.day)


def check(
    workload: Workload | str | Path,
    against: Plan | str | Path,
    *,
    max_increase: float | None = None,
    facts: Facts | None = None,
) -> Check:
    """Check a changed workload against an accepted plan, as `planner check` does.

    Args:
        workload: As it is now.
        against: The accepted plan, or its JSON file.
        max_increase: Share of the accepted total cost that its tools may cost more; the materiality when None.
        facts: As of `plan`.

    Raises:
        InputError: A file is wrong.
    """
    known = _facts(facts)
    accepted = against if isinstance(against, Plan) else read_plan(against).plan
    asked = _workload(workload)
    return check_plan(asked, accepted, known.catalog, known.beliefs, known.day, max_increase=max_increase)


def price(
    model: str,
    input_tokens: float,
    output_tokens: float,
    *,
    cached_input_tokens: float = 0.0,
    reasoning_tokens: float = 0.0,
    facts: Facts | None = None,
) -> tuple[PricedOffer, ...]:
    """What one request costs at every offer of a model on sale, cheapest first; resellers are left out.

    Args:
        model: Catalog id or name: 'openai/gpt-4o-mini', 'gpt-4o-mini'.
        input_tokens: All prompt tokens, cached ones included.
        output_tokens: Visible answer tokens.
        cached_input_tokens: Of the prompt, tokens that the provider has kept.
        reasoning_tokens: Hidden tokens, beside the answer's.
        facts: As of `plan`.

    Raises:
        InputError: The catalog has no such model.
    """
    known = _facts(facts)
    wanted = find_model(known.catalog, model).id
    use = TokenUse(input_tokens, output_tokens, cached_input_tokens, 0.0, reasoning_tokens)
    found = [
        PricedOffer(
            key=offer.key,
            provider=offer.provider,
            area=offer.area,
            usd=float(charge_usd(use, offer.price)),
            batch_usd=float(batch_charge_usd(use, offer.price)),
            source=offer.source.url,
            checked=offer.source.date.isoformat(),
        )
        for offer in known.catalog.offers
        if offer.model == wanted
        and offer.price is not None
        and not known.catalog.providers[offer.provider].resells
        and (offer.retires is None or offer.retires > known.day)
    ]
    return tuple(sorted(found, key=lambda row: (row.usd, row.provider, row.area, row.key)))


def _facts(facts: Facts | None) -> Facts:
    return load_facts() if facts is None else facts


def _workload(workload: Workload | str | Path) -> Workload:
    return workload if isinstance(workload, Workload) else load_workload(workload)
