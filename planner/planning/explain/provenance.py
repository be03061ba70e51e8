"""What a plan's numbers rest on: evidence, assumptions, warnings."""

from planner.beliefs.latency.origins import speed_origin
from planner.catalog.evidence.evaluations import is_kept_row
from planner.catalog.schema import Catalog, Source
from planner.options.table import RetirementWarning
from planner.planning.explain.option_text import Facts, model_name
from planner.planning.plan import AssumptionItem, Class, EvidenceItem, SegmentPlan
from planner.planning.problem import Problem
from planner.planning.solve.milp import Solution
from planner.workload.assumptions import list_assumptions


def list_evidence(problem: Problem, facts: Facts, segments: tuple[SegmentPlan, ...]) -> tuple[EvidenceItem, ...]:
    """Facts behind the plan, each once: prices of offers, benchmark rows of models, priors and machines."""
    items: dict[str, EvidenceItem] = {}
    rows = _rows_of_models(facts.catalog, {model for segment in segments for model in _models(segment)})
    for segment in segments:
        for item in (
            *_offer_items(facts, segment),
            *_benchmark_items(facts, segment, rows),
            *_speed_items(facts, segment),
        ):
            items.setdefault(item.id, item)
    for item in _run_items(problem):
        items.setdefault(item.id, item)
    for identifier in dict.fromkeys(name for segment in segments for name in _named_sources(problem, segment)):
        if identifier not in items:
            items[identifier] = _source_item(facts.catalog, identifier)
    return tuple(items.values())


def _run_items(problem: Problem) -> list[EvidenceItem]:
    """The user's own runs of probes."""
    return [
        EvidenceItem(
            id=f"run:{run.id}",
            what=f"Probe run {run.id}",
            value=run.what,
            number_class="measured",
            source=f"planner probe show {run.id}",
            date=run.date,
            url="",
        )
        for anchor in problem.options.anchors
        for run in anchor.runs
    ]


def _named_sources(problem: Problem, segment: SegmentPlan) -> list[str]:
    names = [name for part in segment.cost_parts for name in part.evidence]
    pool = next((pool for pool in problem.options.pools if pool.id == segment.option.pool), None)
    return [*names, *(pool.source_ids if pool else ())]


def _speed_items(facts: Facts, segment: SegmentPlan) -> list[EvidenceItem]:
    """What the times of each model asked by API rest on."""
    option, gate = segment.option, segment.option.gate
    asked = [(option.model, option.provider, option.place)] if option.serving == "api" else []
    asked += [(gate.strong_model, gate.strong_provider, gate.strong_place)] if gate and gate.strong_offer_key else []
    return [_speed_item(facts.catalog, *one) for one in asked]


def _speed_item(catalog: Catalog, model: str, provider: str, place: str) -> EvidenceItem:
    origin = speed_origin(catalog, model, provider)
    return EvidenceItem(
        id=f"speed:{model}@{provider or place}",
        what=f"Times of {model_name(catalog, model)} at {place}",
        value=origin.value,
        number_class="fitted",
        source=origin.source,
        # Without rows of its own the forecast is of the whole table, as the catalog has it.
        date=(origin.newest or catalog.as_of).isoformat(),
        url="",
    )


def _offer_items(facts: Facts, segment: SegmentPlan) -> list[EvidenceItem]:
    offer = facts.offers.get((segment.option.offer_key, segment.option.area))
    if offer is None or offer.price is None:
        return []
    price = f"{offer.price.input_usd_per_mtok:g} in, {offer.price.output_usd_per_mtok:g} out USD per 1M tokens"
    return [_item(f"offer:{offer.key}", f"Price of {offer.key}", price, "published", offer.source)]


def _models(segment: SegmentPlan) -> list[str]:
    return [segment.option.model, *([segment.option.gate.strong_model] if segment.option.gate else [])]


def _rows_of_models(catalog: Catalog, wanted: set[str]) -> dict[str, list[int]]:
    """Evidence rows of each of these models, in one pass over thousands of rows."""
    rows: dict[str, list[int]] = {}
    for number, model in enumerate(catalog.evidence.model):
        if model in wanted:
            rows.setdefault(model, []).append(number)
    return rows


def _benchmark_items(facts: Facts, segment: SegmentPlan, rows: dict[str, list[int]]) -> list[EvidenceItem]:
    items = []
    for model in _models(segment):
        kept = [row for row in rows.get(model, ()) if is_kept_row(facts.catalog.evidence.row_id[row])]
        public = [row for row in rows.get(model, ()) if row not in set(kept)]
        items += [_benchmark_item(facts.catalog, model, public)] if public else []
        items += _kept_items(facts.catalog, model, kept)
    return items


def _kept_items(catalog: Catalog, model: str, kept: list[int]) -> list[EvidenceItem]:
    """Scores that the user keeps, one item a source, so that each stands with its attribution."""
    by_source: dict[str, list[int]] = {}
    for row in kept:
        by_source.setdefault(catalog.evidence.source[row], []).append(row)
    return [
        _benchmark_item(catalog, model, rows).model_copy(
            update={
                "id": f"benchmarks:{model}:{source}",
                "what": f"Scores of {model_name(catalog, model)} that you keep",
                "url": _url(source.rsplit(" ", 1)[-1]),
            }
        )
        for source, rows in by_source.items()
    ]


def _benchmark_item(catalog: Catalog, model: str, rows: list[int]) -> EvidenceItem:
    evidence = catalog.evidence
    benches = dict.fromkeys(evidence.benchmark[row] for row in rows)
    shown = ", ".join(list(benches)[:4]) + (" ..." if len(benches) > 4 else "")
    ids = ", ".join(evidence.row_id[row] for row in rows[:4]) + (" ..." if len(rows) > 4 else "")
    return EvidenceItem(
        id=f"benchmarks:{model}",
        what=f"Public scores of {model_name(catalog, model)}",
        value=f"{len(rows)} rows on {len(benches)} benchmarks ({shown}); rows {ids}",
        number_class="published",
        source=evidence.source[rows[0]],
        date=max(evidence.date[row] for row in rows),
        url=_url(evidence.source[rows[0]]),
    )


def _url(source: str) -> str:
    return source if source.startswith(("http://", "https://")) else ""


def _item(identifier: str, what: str, value: str, number_class: Class, source: Source) -> EvidenceItem:
    return EvidenceItem(
        id=identifier,
        what=what,
        value=value,
        number_class=number_class,
        source=source.note or source.url,
        date=source.date.isoformat(),
        url=_url(source.url),
    )


def _source_item(catalog: Catalog, identifier: str) -> EvidenceItem:
    """A source id of a component, pool or cost line, looked up in the catalog."""
    kind, _, name = identifier.partition(":")
    prior = catalog.priors.get(name if kind == "prior" else identifier)
    if prior is not None:
        value = (
            f"{prior.family} {prior.a:g}"
            + (f", {prior.b:g}" if prior.b else "")
            + (f" {prior.unit}" if prior.unit else "")
        )
        return _item(identifier, f"Prior {prior.id}", value, prior.number_class, prior.source)
    source = _catalog_source(catalog, kind, name)
    if source is not None:
        return _item(identifier, f"{kind.replace('_', ' ').capitalize()} {name}", "", "published", source)
    offer = next((offer for offer in catalog.offers if offer.key in {identifier, name}), None)
    if offer is not None:
        return _item(identifier, f"Price of {offer.key}", "", "published", offer.source)
    return EvidenceItem(
        id=identifier,
        what=identifier,
        value="",
        number_class="assumed",
        source=identifier,
        date="",
        url=_url(identifier),
    )


def _catalog_source(catalog: Catalog, kind: str, name: str) -> Source | None:
    if kind == "gpu" and name in catalog.gpus:
        return catalog.gpus[name].source
    if kind == "model" and name in catalog.models:
        return catalog.models[name].source
    if kind == "provider" and name in catalog.providers:
        return catalog.providers[name].source
    if kind in {"store", "vector_store"}:
        return next((store.source for store in catalog.vector_stores if store.id == name), None)
    if kind == "embedder":
        return next((embedder.source for embedder in catalog.embedders if embedder.id == name), None)
    return None


def list_assumption_items(problem: Problem) -> tuple[AssumptionItem, ...]:
    """What no one said, most influential first; where a difficulty is only a skill's usual one, that leads."""
    anchors = {anchor.segment: anchor for anchor in problem.options.anchors if anchor.kind == "usual"}
    first = [
        AssumptionItem(path=f"segments.{name}.like", value=anchor.benchmark, reason=anchor.text)
        for name, anchor in anchors.items()
    ]
    if problem.workload.objective.minimise == "cost":
        reason = (
            "minimise: cost, of older files, is read as total_cost: bill plus error_cost_usd for each wrong answer."
        )
        first.insert(0, AssumptionItem(path="objective.minimise", value="total_cost", reason=reason))
    told = {item.path for item in first}
    rest = [
        AssumptionItem(path=item.path, value=f"{item.value} {item.unit}".strip(), reason=item.reason)
        for item in list_assumptions(problem.workload)
        if item.path not in told
    ]
    return (*first, *rest)


def chosen_offers(problem: Problem, solution: Solution) -> list[tuple[str, str, str]]:
    """(segment, model, offer key) of everything that a plan uses, a cascade's strong model included."""
    out = []
    for part, row in zip(problem.parts, solution.choice, strict=True):
        table = part.table
        for model, place in ((table.model[row], table.place[row]), (table.strong_model[row], table.strong_place[row])):
            if model >= 0:
                out.append((part.segment.name, table.model_ids[model], table.places[place].offer_key))
    return out


def retiring(problem: Problem, solution: Solution) -> list[tuple[RetirementWarning, str]]:
    """Retirements within the horizon that touch the plan, with the segment."""
    ends = {(each.model, each.offer_key): each for each in problem.options.retirements}
    return [
        (ends[model, key], segment) for segment, model, key in chosen_offers(problem, solution) if (model, key) in ends
    ]


def list_warnings(problem: Problem, facts: Facts, solution: Solution) -> tuple[str, ...]:
    """Retirements within the horizon, models without public evidence, a plan whose optimality is not proven."""
    scored = set(facts.catalog.evidence.model)
    out = [
        f"{model_name(facts.catalog, ending.model)} ({ending.offer_key}), chosen for {segment}, retires on"
        f" {ending.retires}, within the horizon of {problem.workload.horizon_months} months."
        for ending, segment in retiring(problem, solution)
    ]
    out += [
        f"{model_name(facts.catalog, model)}, chosen for {segment}, has no public evidence:"
        " its quality is forecast from maker, size, date and price alone."
        for segment, model, _ in chosen_offers(problem, solution)
        if model not in scored
    ]
    if not solution.optimal:
        out.append(f"Optimality is not proven: the plan may be {solution.gap:.2%} dearer than the best.")
    return tuple(dict.fromkeys(out))
