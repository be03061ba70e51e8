"""Electricity and carbon: of replicas from board power, of devices from theirs, of APIs as a stated wide estimate."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from planner.beliefs.cost.api import Extra
from planner.beliefs.cost.lines import CostLine, Factor, product
from planner.beliefs.latency.api_times import reasoning_tokens
from planner.beliefs.priors import prior_draws
from planner.beliefs.requests import calls_of
from planner.beliefs.serving.devices import DeviceSizing
from planner.catalog.schema import Catalog, Gpu, Offer
from planner.units import DRAW_COUNT, HOURS_PER_MONTH, SEED, Draws
from planner.workload.schema import Assumptions, Segment

_JOULES_PER_KWH: Final = 3.6e6
_NOWHERE: Final = ("global", "unknown", "own", "")
_NOTHING: Final = Extra()


def grid_kg_per_kwh(catalog: Catalog, area: str, assumptions: Assumptions, seed: int = SEED) -> Draws:
    """Carbon of electricity, kg CO2-equivalent per kWh, (S,): the workload's own, the area's mix.

    A place that nobody states takes the world's median with a wide spread.
    """
    if assumptions.grid_gco2_per_kwh is not None:
        return np.full(DRAW_COUNT, assumptions.grid_gco2_per_kwh / 1000.0)
    row = catalog.carbon.get(area)
    if row is not None and area not in _NOWHERE:
        return np.full(DRAW_COUNT, row.gco2_per_kwh / 1000.0)
    return catalog.carbon["global"].gco2_per_kwh / 1000.0 * prior_draws(catalog, "carbon.unknown_place", seed)


def device_usage_usd(sizing: DeviceSizing, segment: Segment, assumptions: Assumptions, *, volume: float = 1.0) -> Draws:
    """Electricity of an on-device segment in a month, USD, shape (S,); 0 where the device's power is unknown."""
    return _device_kwh(sizing, segment, assumptions, volume) * assumptions.electricity_usd_per_kwh


def device_line(sizing: DeviceSizing, segment: Segment, assumptions: Assumptions, *, volume: float = 1.0) -> CostLine:
    """The same as a line."""
    requests = segment.requests_per_month * volume * (1.0 + assumptions.retry_share)
    joules = float(np.nan_to_num(sizing.joules_per_request).mean())
    formula = product(
        Factor(requests, "answers, retries included"),
        Factor(joules, "J", 1.0 / _JOULES_PER_KWH),
        Factor(assumptions.electricity_usd_per_kwh, "USD per kWh"),
    )
    usd = device_usage_usd(sizing, segment, assumptions, volume=volume)
    return CostLine("electricity of devices", usd, "fitted", formula, ("assumption:electricity_usd_per_kwh",))


def device_carbon_kg(
    catalog: Catalog,
    sizing: DeviceSizing,
    segment: Segment,
    assumptions: Assumptions,
    *,
    volume: float = 1.0,
    seed: int = SEED,
) -> Draws:
    """CO2-equivalent of an on-device segment in a month, kg, shape (S,), on the mix of where its data may be."""
    area = (segment.data.residency or ("",))[0]
    return _device_kwh(sizing, segment, assumptions, volume) * grid_kg_per_kwh(catalog, area, assumptions, seed)


def _device_kwh(sizing: DeviceSizing, segment: Segment, assumptions: Assumptions, volume: float) -> Draws:
    requests = segment.requests_per_month * volume * (1.0 + assumptions.retry_share)
    return np.nan_to_num(sizing.joules_per_request) * requests / _JOULES_PER_KWH


def pool_carbon_kg_per_replica_month(
    catalog: Catalog, gpu: Gpu, gpus_per_replica: int, area: str, assumptions: Assumptions, seed: int = SEED
) -> Draws:
    """CO2-equivalent of one always-on replica's electricity in a month, kg, shape (S,).

    Board power x the measured share drawn under load x host x site (PUE) x the area's mix (the world's where the area
    is unknown). A replica that idles part of the day draws less, so this is an upper middle. nan without board power.
    """
    share = np.clip(prior_draws(catalog, "energy.power_fraction", seed), 0.2, 1.0)
    site = prior_draws(catalog, "energy.pue", seed) * prior_draws(catalog, "power.host_watts_factor", seed)
    board = gpu.tdp_w if gpu.tdp_w is not None else float("nan")
    kwh = board * gpus_per_replica / 1000.0 * HOURS_PER_MONTH * share * site
    return kwh * grid_kg_per_kwh(catalog, area, assumptions, seed)


def api_carbon_kg(
    catalog: Catalog,
    offers: Sequence[Offer],
    segment: Segment,
    assumptions: Assumptions,
    *,
    volume: float = 1.0,
    extra: Extra = _NOTHING,
    seed: int = SEED,
) -> Draws:
    """CO2-equivalent of a segment by each offer in a month, kg, shape (N, S): a stated estimate with a wide range.

    Output tokens x joules per token and billion active parameters (published for the makers that say, assumed by class
    for the others), prompt tokens at a share of that, PUE, the offer's area's mix.
    """
    calls = calls_of(
        catalog, segment, extra_input_tokens=extra.input_tokens, extra_prefix_tokens=extra.prefix_tokens, seed=seed
    )
    joules = prior_draws(catalog, "energy.j_per_output_token_per_active_b", seed)
    prompt = prior_draws(catalog, "energy.prompt_token_share", seed) * calls.input_tokens
    requests = segment.requests_per_month * volume * (1.0 + assumptions.retry_share)
    kwh_per_token_b = joules * prior_draws(catalog, "energy.pue", seed) / _JOULES_PER_KWH
    models = list(dict.fromkeys(offer.model or "" for offer in offers))
    areas = list(dict.fromkeys(offer.area for offer in offers))
    hidden = reasoning_tokens(catalog, models, segment, seed) * calls.count
    active = np.array([_active_params_b(catalog, model, seed) for model in models])
    sizes = active * (calls.output_tokens + hidden + prompt)
    grids = np.array([grid_kg_per_kwh(catalog, area, assumptions, seed) for area in areas])
    of_model, of_area = ({name: row for row, name in enumerate(names)} for names in (models, areas))
    rows = sizes[[of_model[offer.model or ""] for offer in offers]] * grids[[of_area[offer.area] for offer in offers]]
    return np.asarray(rows * kwh_per_token_b * requests)


def _active_params_b(catalog: Catalog, model: str, seed: int) -> Draws:
    """Active parameters, billions, (S,): published, or the assumption for the model's class."""
    known = catalog.models[model]
    if known.active_params_b is not None:
        return np.full(DRAW_COUNT, known.active_params_b)
    return prior_draws(catalog, f"energy.api_active_params_b.{known.model_class}", seed)
