"""Who may serve a segment, and a sentence for everyone who may not: rules are masks, the first that fails tells."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from planner.catalog.schema import Model
from planner.options.estimates.columns import MODALITIES, ModelColumns, OfferColumns, modality_bits
from planner.options.table import Exclusion, Options
from planner.units import Bools, Ints
from planner.workload.distributions import Z99, context_p99, quantile_tokens
from planner.workload.schema import Segment

ANY: Final = "*"
"""Exclusion.model when every model is concerned."""
_APAC: Final = ("jp", "au", "in", "kr", "sg")
"""Areas of the workload format that lie within its 'apac'."""
_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class Needs:
    """What a segment asks of whoever serves it; read off once."""

    segment: str
    areas: frozenset[str] | None
    """Areas that may process it; None: any."""
    known_place: bool
    """Whether where it is processed must be known: personal or confidential data."""
    premises_only: bool
    may_own: bool
    """Whether own machines are considered: the workload prefers to own, or one of its segments has to."""
    providers: frozenset[str] | None
    """Providers allowed by name; None: all but resellers."""
    licences: tuple[str, ...] | None
    context_tokens: float
    """99th percentile of prompt plus answer."""
    answer_tokens: float
    """99th percentile of the visible answer."""
    modalities: int
    languages: tuple[str, ...]
    tools: bool


_SENSITIVE: Final = frozenset({"personal", "confidential"})


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One limit over R rows: which rows fail it, and the sentence for the failing rows of one model."""

    limit: str
    fails: Bools
    """(R,)"""
    tell: Callable[[Ints], str]
    """Sentence for rows (of one model) that fail."""


def needs_of(segment: Segment, *, may_own: bool = False) -> Needs:
    """What the segment asks of whoever serves it; `may_own`: the workload keeps machines of its own anyway."""
    rules = segment.data
    return Needs(
        segment=segment.name,
        areas=None if rules.residency is None else areas_within(rules.residency),
        known_place=rules.sensitivity in _SENSITIVE and not rules.unknown_place_allowed,
        premises_only=not rules.may_leave_premises,
        may_own=may_own or not rules.may_leave_premises,
        providers=None if rules.providers_allowed is None else frozenset(rules.providers_allowed),
        licences=rules.licences_allowed,
        context_tokens=context_p99(segment),
        answer_tokens=quantile_tokens(segment.output_tokens, Z99),
        modalities=modality_bits(segment.modalities),
        languages=tuple(sorted(segment.languages)),
        tools=segment.tool_calls_per_request > 0.0 or segment.skill == "agentic",
    )


def areas_within(residency: Sequence[str]) -> frozenset[str]:
    """Areas that a residency limit allows: those named, and the countries inside 'apac' when it is named.

    >>> sorted(areas_within(["eu"]))
    ['eu']
    """
    named = set(residency)
    return frozenset(named | set(_APAC)) if "apac" in named else frozenset(named)


def licence_allowed(model: Model, allowed: Sequence[str] | None) -> bool:
    """Whether a model's licence is acceptable: by SPDX id, or by 'open', 'permissive' or another kind of licence."""
    if allowed is None:
        return True
    wanted = {name.casefold() for name in allowed}
    kinds = {model.licence.casefold(), model.licence_kind}
    return bool(wanted & kinds) or ("open" in wanted and model.open_weights)


def speaks(model: Model, languages: Sequence[str]) -> bool:
    """Whether the maker's list has the languages; a maker who states none is not held against the model."""
    return model.languages is None or all(code.split("-")[0].lower() in model.languages for code in languages)


def _listed(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(str(name) for name in names))
    return ", ".join(unique[:_SHOWN]) + (f" and {len(unique) - _SHOWN} more" if len(unique) > _SHOWN else "")


def _modality_names(bits: int) -> str:
    return ", ".join(name for number, name in enumerate(MODALITIES) if bits >> number & 1)


def model_rules(columns: ModelColumns, rows: Ints, needs: Needs) -> tuple[Rule, ...]:
    """Rules that look at the model alone; `rows` (R,) is the model of each row."""
    licence = np.array([not licence_allowed(model, needs.licences) for model in columns.models], dtype=np.bool_)
    mute = np.array([not speaks(model, needs.languages) for model in columns.models], dtype=np.bool_)

    def licence_text(failing: Ints) -> str:
        model = columns.models[int(rows[failing[0]])]
        return f"Its licence ({model.licence}) is none of {_listed(needs.licences or ())}."

    def language_text(failing: Ints) -> str:
        stated = columns.models[int(rows[failing[0]])].languages or ()
        missing = [code for code in needs.languages if code not in stated]
        return f"Its maker's list of languages lacks {_listed(missing)}."

    return (
        Rule("data.licences_allowed", licence[rows], licence_text),
        Rule("languages", mute[rows], language_text),
    )


def api_rules(offers: OfferColumns, columns: ModelColumns, needs: Needs, today: date) -> tuple[Rule, ...]:
    """Rules of offers, in the order in which they are told; R = F rows."""
    return (
        *_api_data_rules(offers, needs),
        *model_rules(columns, offers.model, needs),
        *_api_capability_rules(offers, needs),
        Rule(
            "retired",
            offers.retires <= today.toordinal(),
            lambda rows: f"Retired on {date.fromordinal(int(offers.retires[rows].max())).isoformat()}.",
        ),
    )


def _api_data_rules(offers: OfferColumns, needs: Needs) -> tuple[Rule, ...]:
    everywhere = np.zeros(len(offers.offers), dtype=np.bool_)
    by_name = needs.providers is not None
    allowed = np.isin(offers.provider, sorted(needs.providers or ()))
    areas = np.isin(offers.area, sorted(needs.areas or ()))
    return (
        Rule(
            "data.may_leave_premises",
            ~everywhere if needs.premises_only else everywhere,
            lambda _: "The data may not leave the premises, so no API can serve it.",
        ),
        Rule(
            "data.providers_allowed",
            ~allowed if by_name else everywhere,
            lambda rows: f"None of the providers allowed; it is sold by {_listed(offers.provider[rows])}.",
        ),
        Rule(
            "data.residency",
            everywhere if needs.areas is None else ~areas,
            lambda rows: (
                f"Processed in {_listed(offers.area[rows])} ({_listed(offers.provider[rows])}),"
                f" not in {_listed(sorted(needs.areas or ()))}."
            ),
        ),
        Rule(
            "data.unknown_place_allowed",
            offers.area == "unknown" if needs.known_place else everywhere,
            lambda rows: (
                f"{_listed(offers.provider[rows])} does not say where it processes; personal or confidential data goes"
                " there only with data.unknown_place_allowed."
            ),
        ),
        Rule(
            "resells",
            everywhere if by_name else offers.resells,
            lambda rows: (
                f"Resold by {_listed(offers.provider[rows])}; name them in data.providers_allowed to plan with them."
            ),
        ),
    )


def _api_capability_rules(offers: OfferColumns, needs: Needs) -> tuple[Rule, ...]:
    return (
        Rule(
            "modalities",
            (offers.modalities & needs.modalities) != needs.modalities,
            lambda rows: (
                f"Reads {_modality_names(int(np.bitwise_or.reduce(offers.modalities[rows])))},"
                f" not all of {_modality_names(needs.modalities)}."
            ),
        ),
        Rule(
            "tool_calls_per_request",
            ~offers.tools if needs.tools else np.zeros(len(offers.offers), dtype=np.bool_),
            lambda rows: f"The price map states no tool calling for {_listed([offers.offers[r].key for r in rows])}.",
        ),
        Rule(
            "context_p99_tokens",
            offers.context < needs.context_tokens,
            lambda rows: _context_text(float(offers.context[rows].max()), needs.context_tokens),
        ),
        Rule(
            "output_tokens",
            offers.max_output < needs.answer_tokens,
            lambda rows: (
                f"Answers at most {offers.max_output[rows].max():,.0f} tokens;"
                f" 1 in 100 answers needs {needs.answer_tokens:,.0f}."
            ),
        ),
    )


def _context_text(has: float, needed: float) -> str:
    return f"Takes {has:,.0f} tokens of prompt and answer; 1 request in 100 needs {needed:,.0f}."


def own_rules(columns: ModelColumns, needs: Needs) -> tuple[Rule, ...]:
    """Rules of running a model oneself, on GPUs or devices; R = M rows, row m is model m."""
    rows = np.arange(len(columns.models))
    named = {name.casefold() for name in needs.licences or ()}
    barred = np.array(
        [model.licence_kind == "non_commercial" and model.licence.casefold() not in named for model in columns.models],
        dtype=np.bool_,
    )
    return (
        Rule("open_weights", ~columns.open_weights, lambda _: "Its weights are not open."),
        Rule(
            "non_commercial",
            barred,
            lambda rows: f"Its licence ({columns.models[int(rows[0])].licence}) forbids commercial use of the weights.",
        ),
        *model_rules(columns, rows, needs),
        Rule(
            "parameters",
            ~columns.sizeable,
            lambda _: "Its parameters, layers or cache size are not in the catalog, so it can't be sized.",
        ),
        Rule(
            "modalities",
            (columns.modalities & needs.modalities) != needs.modalities,
            lambda rows: (
                f"Reads {_modality_names(int(columns.modalities[rows[0]]))}, not all of"
                f" {_modality_names(needs.modalities)}."
            ),
        ),
        Rule(
            "context_p99_tokens",
            columns.context < needs.context_tokens,
            lambda rows: _context_text(float(columns.context[rows[0]]), needs.context_tokens),
        ),
    )


def passing(rules: Sequence[Rule]) -> Bools:
    """Rows that fail no rule, shape (R,)."""
    passes: Bools = ~np.logical_or.reduce([rule.fails for rule in rules])
    return passes


def tell_exclusions(
    rules: Sequence[Rule], models: Ints, columns: ModelColumns, *, segment: str, serving: str, keys: Sequence[str] = ()
) -> tuple[Exclusion, ...]:
    """One exclusion for each model and first failing rule; `models` (R,) is each row's model, `keys` its offer key."""
    fails = np.stack([rule.fails for rule in rules])
    failed = np.flatnonzero(fails.any(axis=0))
    if failed.size == 0:
        return ()
    first = np.argmax(fails[:, failed], axis=0)
    code = models[failed] * len(rules) + first
    order = np.argsort(code, kind="stable")
    groups = np.split(failed[order], np.flatnonzero(np.diff(code[order])) + 1)
    heads = np.array([int(group[0]) for group in groups])
    which = np.argmax(fails[:, heads], axis=0)
    return tuple(
        Exclusion(
            segment=segment,
            model=columns.ids[int(models[group[0]])],
            serving=serving,
            place=keys[int(group[0])] if keys and len(group) == 1 else "",
            limit=rules[int(number)].limit,
            reason=rules[int(number)].tell(group),
        )
        for group, number in zip(groups, which, strict=True)
    )


def why_not(options: Options, segment: str, model: str) -> tuple[Exclusion, ...]:
    """Why a model, or some of its ways, is not among a segment's options; empty when nothing keeps it out.

    Reasons for the model itself come first, then those that hold for every model (a technique without examples,
    devices that nobody asked for).
    """
    own = [item for item in options.exclusions if item.segment == segment and item.model == model]
    every = [item for item in options.exclusions if item.segment == segment and item.model == ANY]
    return (*own, *every)
