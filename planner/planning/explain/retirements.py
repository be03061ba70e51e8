"""Chosen offers that end within the horizon, each with what would follow it and at what price."""

from collections.abc import Sequence

from planner.catalog.schema import Catalog
from planner.options.table import RetirementWarning
from planner.planning.explain.option_text import model_name
from planner.planning.plan import RetirementNote, SegmentPlan


def list_retirements(
    catalog: Catalog, ending: Sequence[tuple[RetirementWarning, str]], segments: Sequence[SegmentPlan]
) -> tuple[RetirementNote, ...]:
    """One note an offer that ends; its successor is each segment's runner-up, where all of them have one."""
    told = {segment.name: segment for segment in segments}
    users: dict[tuple[str, str, str], list[str]] = {}
    for end, segment in ending:
        users.setdefault((end.model, end.offer_key, end.retires), []).append(segment)
    notes = []
    for (model, key, retires), names in users.items():
        next_best = [told[name].runner_up for name in names if name in told]
        known = [one for one in next_best if one is not None]
        whole = len(known) == len(names)
        labels = list(dict.fromkeys(one.option.label for one in known))
        notes.append(
            RetirementNote(
                model=model,
                model_name=model_name(catalog, model),
                offer_key=key,
                retires=retires,
                segments=tuple(dict.fromkeys(names)),
                successor=", ".join(labels) if whole else "",
                extra_cost_usd=sum(one.extra_cost_usd for one in known) if whole else None,
            )
        )
    return tuple(notes)
