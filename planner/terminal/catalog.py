"""The catalog as text for a terminal: the list of models, one model, and what changed in the prices."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from planner.catalog.browse import EvidenceRow, ModelDetails, ModelRow
from planner.catalog.prices.refresh import MapChange, price_text
from planner.catalog.schema import Model, Offer
from planner.report import format as shown
from planner.terminal.layout import bullets, headed, plain_table, show

_MOST_CHANGES: Final = 60
_MOST_SCORES: Final = 40


def print_models(rows: Sequence[ModelRow]) -> None:
    """Print the list of models to standard output."""
    table = plain_table(
        "Model", "Class", "Params", "Context", "USD per 1M in/out", "Offers", "Scores", "Licence", "Until"
    )
    for row in rows:
        table.add_row(*_model_cells(row))
    show(table, Text(f"{len(rows)} models", style="dim"))


def print_model(details: ModelDetails) -> None:
    """Print all that is known of one model to standard output."""
    show(render_model(details))


def print_changes(changes: Sequence[MapChange], file: str) -> None:
    """Print what a fetched price map changed to standard output."""
    show(render_changes(changes, file))


def render_model(details: ModelDetails) -> RenderableType:
    """One model: facts, offers, scores, sources."""
    model = details.model
    parts: list[RenderableType] = [Text(f"{model.name} ({model.id})", style="bold"), Text(), _facts_table(model)]
    if details.offers:
        parts += headed("Offers", _offers_table(details.offers))
    else:
        parts += bullets("Offers", ["none: nobody sells it by the token in the price map in use"])
    if details.evidence:
        parts += headed(_scores_title(details.evidence), _scores_table(details.evidence))
    else:
        parts += bullets("Scores", ["no public evidence: its quality is a guess from maker, size, date and price"])
    sources = [f"{source.url} ({source.date})" for source in details.sources]
    return Group(*parts, *bullets("Sources", sources, style="dim"))


def render_changes(changes: Sequence[MapChange], file: str) -> RenderableType:
    """What changed, models of the catalog first."""
    if not changes:
        return Text(f"{file}: nothing changed in price, context or retirement.")
    counts = Counter(change.kind for change in changes)
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    table = plain_table("Change", "Entry", "Before", "Now")
    known_first = sorted(changes, key=lambda change: change.model is None)
    for change in known_first[:_MOST_CHANGES]:
        entry = f"{change.key} ({change.region})" if change.region else change.key
        table.add_row(change.kind, entry, change.before or "-", change.after or "-")
    more = len(changes) - _MOST_CHANGES
    rest = [Text(f"and {more} more", style="dim")] if more > 0 else []
    return Group(Text(f"{file}: {told}.", style="bold"), Text(), table, *rest)


def _model_cells(row: ModelRow) -> tuple[str, ...]:
    price = "-" if row.input_usd_per_mtok is None else f"{row.input_usd_per_mtok:g} / {row.output_usd_per_mtok:g}"
    return (
        row.id,
        row.model_class,
        _params(row.total_params_b, row.active_params_b),
        f"{row.context_tokens:,}",
        price,
        str(row.offers),
        str(row.evidence_rows),
        row.licence,
        row.retires.isoformat() if row.retires else "",
    )


def _params(total: float | None, active: float | None) -> str:
    if total is None:
        return "unknown"
    return f"{total:g}B" if active is None or active == total else f"{total:g}B, {active:g}B active"


def _facts_table(model: Model) -> Table:
    table = plain_table("", "")
    table.show_header = False
    facts = {
        "maker": f"{model.maker}, family {model.family}, class {model.model_class}",
        "released": str(model.released or "unknown"),
        "weights": f"{'open' if model.open_weights else 'closed'}, licence {model.licence} ({model.licence_kind})",
        "parameters": _params(model.total_params_b, model.active_params_b),
        "context": f"{model.context_tokens:,} tokens",
        "longest answer": "unknown" if model.max_output_tokens is None else f"{model.max_output_tokens:,} tokens",
        "reads": ", ".join(model.modalities),
        "hidden reasoning": model.reasoning,
        "knowledge until": model.knowledge_cutoff or "unknown",
        "languages": ", ".join(model.languages) if model.languages else "not stated",
        "fine-tuning": model.fine_tuning,
        "tuned from": model.base or "",
    }
    for name, value in facts.items():
        if value:
            table.add_row(Text(name, style="dim"), value)
    return table


def _offers_table(offers: Iterable[Offer]) -> Table:
    table = plain_table("Entry", "Provider", "Area", "Price", "Context", "Retires")
    for offer in offers:
        context = "-" if offer.context_tokens is None else f"{offer.context_tokens:,}"
        retires = offer.retires.isoformat() if offer.retires else ""
        table.add_row(offer.key, offer.provider, offer.area, price_text(offer.price), context, retires)
    return table


def _scores_title(rows: Sequence[EvidenceRow]) -> str:
    return f"Scores ({len(rows)}, the first {_MOST_SCORES})" if len(rows) > _MOST_SCORES else f"Scores ({len(rows)})"


def _scores_table(rows: Sequence[EvidenceRow]) -> Table:
    table = plain_table("Benchmark", "Skill", "Variant", "Score", "Questions", "Date", "Source")
    for row in rows[:_MOST_SCORES]:
        asked = "-" if math.isnan(row.n) else f"{row.n:,.0f}"
        score = shown.number(row.score)
        table.add_row(row.benchmark, row.skill, row.variant, score, asked, row.date, Text(row.source, style="dim"))
    return table
