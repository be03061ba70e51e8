"""The fit as draws for planning: what a step, a prompt and a first token cost on any model and GPU of the catalog.

A plan serves with a current vLLM in its own way: the forecast is that of a source that nobody measured, between the
tuned runs and the stock ones. How far a plan's own way lies from them is a prior that all set-ups share
('serving.own_way'); what a model and a model on a GPU have of their own are streams of theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.beliefs.serving.fit import ServingFit, fit_serving
from planner.beliefs.serving.roofline import (
    TERM_COUNT,
    Machine,
    Precision,
    Setup,
    Step,
    fixed_terms,
    machine_of,
    resting_seconds,
    sequence_terms,
)
from planner.beliefs.serving.rows import Served, first_token_terms, serving_rows
from planner.beliefs.serving.step_fit import forecast_times, log_costs, log_physical, new_source_variance
from planner.catalog.evidence.measurements import Measurement, architecture_of
from planner.catalog.schema import Catalog
from planner.units import SEED, Draws, Floats, normal_draws

_ENGINE: Final = "vllm"
_EXPERTS, _CACHE, _PREFILL = 1, 2, 4
_IDEAL: Final = (0, 1, 2, 3, 4)
"""Terms that a perfect kernel would take: no draw is faster."""
_LARGEST_EFFICIENCY: Final = 0.95
_USUAL_BATCH, _USUAL_PROMPT, _USUAL_ANSWER = 32.0, 1000.0, 250.0
"""Where residuals and their spread are read off: the middle of what plans ask."""
_SAME_CAUSE: Final = 0.5
"""Correlation of what a step and a first token have of their own (assumption: they share the GPU's real speed)."""

SetupKey = tuple[str, str, int, Precision]


@dataclass(frozen=True, slots=True)
class _Own:
    """Residual of one set-up: log mean and sds of the way of serving and of what the set-up has of its own."""

    step: float
    step_sd: float
    first: float
    first_sd: float


@dataclass(frozen=True, slots=True, eq=False)
class Speeds:
    """Draws of K set-ups."""

    machine: Machine
    step_costs: Floats
    """(T,) costs of a step's terms."""
    first_costs: Floats
    """(F,) costs of a first token's terms."""
    step_factor: Draws
    """(K, S) of all of a step's terms."""
    first_factor: Draws
    """(K, S) of all of a first token's terms."""
    shared: Draws
    """(K, S) seconds of a step that its batch shares, the experts' part apart."""
    bare: Draws
    """(K, S) seconds of a step for each sequence, its cache apart."""

    def cost(self, term: int) -> Draws:
        """Cost of a step's term in every draw, (K, S)."""
        return _cost(self.step_costs, self.step_factor, term)

    def step(self, context: Floats | Draws) -> Step:
        """Decode step whose sequences hold `context` tokens on average, (S,) or (K, S); prefill of others apart."""
        machine = self.machine
        cache = (sequence_terms(machine, 1.0) - sequence_terms(machine, 0.0))[:, _CACHE]
        return Step(
            fixed=self.shared,
            per_sequence=self.bare + cache[:, None] * self.cost(_CACHE) * context,
            resting=resting_seconds(machine)[:, None] * self.cost(_EXPERTS),
            touch_share=machine.touch_share[:, None],
        )

    def prefill_seconds(self, tokens: Draws) -> Draws:
        """Time that a prompt takes from the steps of a busy replica, (K, S)."""
        return _ideal_prefill(self.machine, tokens) * self.cost(_PREFILL)

    def first_seconds(self, tokens: Draws) -> Draws:
        """Time to first token of a lone prompt, (K, S): everything but waiting for others."""
        machine, costs = self.machine, self.first_costs
        several = 8.0 * machine.layers * (machine.gpus - 1.0) / machine.gpus * machine.hidden / machine.link
        per_token = several * (costs[7] + costs[12]) + 1e-6 * (costs[9] + costs[10])
        read = machine.active_bytes / machine.bandwidth + resting_seconds(machine)
        layers = machine.layers * (1e-6 * costs[3] + machine.several * 2e-6 * costs[4])
        fixed = read * costs[2] + layers + 1e-3 * (costs[5] + costs[6])
        lone = self.step(np.asarray(tokens)).seconds(1.0) / self.step_factor * costs[8]
        ideal = _ideal_prefill(machine, tokens) * (costs[0] + costs[1])
        least = _ideal_prefill(machine, tokens) / _LARGEST_EFFICIENCY
        whole = (fixed[:, None] + per_token[:, None] * tokens + ideal + lone) * self.first_factor
        return np.asarray(np.maximum(whole, least))


def _cost(costs: Floats, factor: Draws, term: int) -> Draws:
    """(K, S) cost of a step's term: of an ideal time never below 1 / 0.95."""
    drawn = np.asarray(costs[term] * factor)
    return np.asarray(np.maximum(drawn, 1.0 / _LARGEST_EFFICIENCY)) if term in _IDEAL else drawn


def _without_context(machine: Machine, costs: Floats, factor: Draws) -> tuple[Draws, Draws]:
    """(K, S) seconds of a step with empty caches: what the batch shares, and for each sequence."""
    fixed, bare = fixed_terms(machine), sequence_terms(machine, 0.0)
    shared, each = np.zeros_like(factor), np.zeros_like(factor)
    for term in range(TERM_COUNT):
        if fixed[:, term].any() or bare[:, term].any():
            cost = _cost(costs, factor, term)
            shared += fixed[:, term, None] * cost
            each += bare[:, term, None] * cost
    return shared, each


def _ideal_prefill(machine: Machine, tokens: Draws) -> Draws:
    length = np.asarray(tokens, dtype=np.float64)
    flops = machine.flops_per_token[:, None] * length
    flops = flops + 2.0 * (machine.layers * machine.hidden)[:, None] * np.square(length)
    return np.asarray(flops / machine.flops[:, None])


def speeds_of(catalog: Catalog, setups: Sequence[Setup], seed: int = SEED) -> Speeds:
    """Draws of K set-ups, every one of which must have passed `why_not_sized`."""
    own = _own_of(catalog, setups)
    step_costs, first_costs = _own_costs(fit_serving(catalog), setups)
    steps, firsts = _normals(setups, seed)
    step = _column([one.step for one in own]) + _column([one.step_sd for one in own]) * steps
    first = _column([one.first for one in own]) + _column([one.first_sd for one in own]) * firsts
    machine, factor = machine_of(setups), prior_draws(catalog, "serving.own_way", seed) * np.exp(step)
    return Speeds(
        machine,
        step_costs,
        first_costs,
        factor,
        prior_draws(catalog, "serving.own_way_first", seed) * np.exp(first),
        *_without_context(machine, step_costs, factor),
    )


def _column(values: list[float]) -> Floats:
    return np.array(values)[:, None]


def _normals(setups: Sequence[Setup], seed: int) -> tuple[Draws, Draws]:
    """Standard normals of each set-up, (K, S): for steps and for first tokens."""
    models = tuple(setup.model.id for setup in setups)
    pairs = tuple(f"{setup.model.id} {setup.gpu.id} {setup.precision}" for setup in setups)
    step = _of_all(seed, "step", models, pairs)
    return step, _SAME_CAUSE * step + np.sqrt(1.0 - _SAME_CAUSE**2) * _of_all(seed, "first token", models, pairs)


def _of_all(seed: int, what: str, models: tuple[str, ...], pairs: tuple[str, ...]) -> Draws:
    """Half of the variance is a model's wherever it runs, half that of the model on the GPU; (K, S)."""
    of_models = np.stack([_standard_normal(seed, what, model) for model in models])
    return np.asarray(np.sqrt(0.5) * (of_models + np.stack([_standard_normal(seed, what, pair) for pair in pairs])))


@lru_cache(maxsize=16384)
def _standard_normal(seed: int, what: str, name: str) -> Draws:
    """Drawn once a name: every segment asks for the same set-ups. Read-only, since it is shared."""
    draws = normal_draws(seed, "serving", what, name)
    draws.flags.writeable = False
    return draws


@lru_cache(maxsize=4)
def _memo(catalog: Catalog) -> dict[SetupKey, _Own]:  # noqa: ARG001 (one dictionary a catalog)
    return {}


def _own_of(catalog: Catalog, setups: Sequence[Setup]) -> list[_Own]:
    """Residuals of set-ups, worked out once a catalog."""
    known = _memo(catalog)
    keys = [(setup.model.id, setup.gpu.id, setup.gpus_per_replica, setup.precision) for setup in setups]
    new = {key: setup for key, setup in zip(keys, setups, strict=True) if key not in known}
    if new:
        known.update(zip(new, _residuals(fit_serving(catalog), list(new.values())), strict=True))
    return [known[key] for key in keys]


def _residuals(fit: ServingFit, setups: Sequence[Setup]) -> list[_Own]:
    rows = serving_rows([_served(setup) for setup in setups])
    lone = np.exp(log_physical(fit.step, rows, rows.terms))
    terms = first_token_terms(rows, lone)
    found = []
    for part, ideal in ((fit.step, rows.terms), (fit.first, terms)):
        mean, sd = forecast_times(part, rows, ideal)
        # the way of serving is a prior of its own, so that it can be edited; here stands what a set-up adds
        apart = np.sqrt(np.maximum(np.square(sd) - new_source_variance(part), 0.0))
        found += [mean - log_physical(part, rows, ideal), apart]
    return [_Own(*(float(value) for value in values)) for values in zip(*found, strict=True)]


def _own_costs(fit: ServingFit, setups: Sequence[Setup]) -> tuple[Floats, Floats]:
    """Costs of a way of serving that nobody measured, (T,) and (F,): the same for all set-ups."""
    row = serving_rows([_served(setups[0])])
    return np.exp(log_costs(fit.step, row)[0]), np.exp(log_costs(fit.first, row)[0])


def _served(setup: Setup) -> Served:
    """A set-up as a setting of a source that nobody measured, at a usual load."""
    asked = Measurement(
        source_id="",
        model=setup.model.id,
        gpu=setup.gpu.id,
        gpus=setup.gpus_per_replica,
        engine=_ENGINE,
        precision="fp4" if setup.precision == "int4" else setup.precision,
        mode="closed loop",
        batch=_USUAL_BATCH,
        input_tokens=_USUAL_PROMPT,
        output_tokens=_USUAL_ANSWER,
    )
    return Served(asked, architecture_of(setup.model), setup.gpu)
