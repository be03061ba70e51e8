"""What a server of one's own costs in a month: capital, hosting, maintenance, electricity by load, people's hours."""

from dataclasses import dataclass, replace

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog, Gpu, GpuPrice, Server
from planner.units import DRAW_COUNT, HOURS_PER_MONTH, SEED, Draws, normal_draws
from planner.workload.schema import Assumptions

_MONTHS_PER_YEAR = 12.0
_SOURCE_USD_PER_KWH = 0.15
"""Price of electricity in the catalog's rows of owned machines."""
_LEAST_DRAW = 0.2
"""Share of board power below which no loaded GPU was measured."""


@dataclass(frozen=True, slots=True, eq=False)
class ServerMonth:
    """One own server in a month, USD, (S,) each."""

    capital_usd: Draws
    """Purchase and cost of capital, spread evenly over the amortisation."""
    hosting_usd: Draws
    """Space and cooling for its rated power."""
    maintenance_usd: Draws
    idle_power_usd: Draws
    """Electricity when it stands ready and nobody asks."""
    busy_power_usd: Draws
    """Electricity when it never rests."""
    people_usd: Draws
    """Set-up spread over the amortisation, and upkeep; 0 where the workload leaves people out."""
    idle_kw: Draws
    """Drawn at the meter, cooling included, kW."""
    busy_kw: Draws

    @property
    def standing_usd(self) -> Draws:
        """What next month's invoices say whatever is asked of it: hosting, maintenance, idle electricity."""
        return self.hosting_usd + self.maintenance_usd + self.idle_power_usd

    @property
    def load_usd(self) -> Draws:
        """Electricity that a wholly busy month adds."""
        return self.busy_power_usd - self.idle_power_usd


def annuity_usd(price: Draws | float, yearly_rate: Draws | float, months: int) -> Draws:
    """Equal monthly payment that pays a price back with interest: P r / (1 - (1 + r)^-n), r by the month.

    >>> round(float(annuity_usd(12000.0, 0.12, 24)), 2), float(annuity_usd(12000.0, 0.0, 24))
    (564.88, 500.0)
    """
    rate = np.asarray(yearly_rate, dtype=np.float64) / _MONTHS_PER_YEAR
    owed = np.asarray(price, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        paid = owed * rate / -np.expm1(-months * np.log1p(rate))
    return np.where(rate == 0.0, owed / months, paid)


def server_month(
    catalog: Catalog, server: Server, gpu: Gpu, assumptions: Assumptions, seed: int = SEED
) -> ServerMonth | str:
    """Cost of one own server in a month; a sentence saying why not where its power is unknown.

    Board power x GPUs x host = rated power. Under load a measured share of it is drawn, idle a share of that; at the
    meter comes the site's cooling (PUE). 4 x 350 W x 1.4 = 1.96 kW rated; at 0.76 of it, PUE 1.2 and 0.15 USD per kWh
    a busy month takes 1.96 x 0.76 x 1.2 x 730 x 0.15 = 196 USD.
    """
    if gpu.tdp_w is None:
        return f"{gpu.name}: its power is not in the catalog, so owning it cannot be priced"
    rated_kw = gpu.tdp_w * server.gpus / 1000.0 * prior_draws(catalog, "power.host_watts_factor", seed)
    loaded = np.clip(prior_draws(catalog, "energy.power_fraction", seed), _LEAST_DRAW, 1.0)
    busy_kw = rated_kw * loaded * prior_draws(catalog, "energy.pue", seed)
    idle_kw = busy_kw * np.minimum(prior_draws(catalog, "own.idle_power_share", seed), 1.0)
    month_usd_per_kw = HOURS_PER_MONTH * assumptions.electricity_usd_per_kwh
    price = server.purchase_usd * np.exp(
        server.purchase_log_sd * normal_draws(seed, "purchase", server.gpu, size=DRAW_COUNT)
    )
    price = price * assumptions.gpu_price_factor
    rate = np.maximum(prior_draws(catalog, "own.capital_rate", seed), 0.0)
    return ServerMonth(
        capital_usd=annuity_usd(price, rate, assumptions.amortise_months),
        hosting_usd=rated_kw * prior_draws(catalog, "own.hosting_usd_per_kw_month", seed),
        maintenance_usd=price * prior_draws(catalog, "own.maintenance_share", seed) / _MONTHS_PER_YEAR,
        idle_power_usd=idle_kw * month_usd_per_kw,
        busy_power_usd=busy_kw * month_usd_per_kw,
        people_usd=_people_usd(catalog, assumptions, seed),
        idle_kw=idle_kw,
        busy_kw=busy_kw,
    )


def server_month_of_total(
    catalog: Catalog, price: GpuPrice, gpu: Gpu, assumptions: Assumptions, seed: int = SEED
) -> ServerMonth | str:
    """The same where an owner's total per GPU hour is published, not a purchase price.

    The total holds power, hosting and maintenance: hosting and the electricity of a busy month are taken out of it as
    above, at the 0.15 USD per kWh of the source, and what is left is capital, upkeep of the machines included.
    """
    alike = Server(price.gpu, price.gpus, 1.0, 0.0, price.source)
    priced = assumptions.model_copy(update={"electricity_usd_per_kwh": _SOURCE_USD_PER_KWH})
    at_source = server_month(catalog, alike, gpu, priced, seed)
    month = server_month(catalog, alike, gpu, assumptions, seed)
    if isinstance(at_source, str) or isinstance(month, str):
        return f"{gpu.name}: its power is not in the catalog, so owning it cannot be priced"
    total = price.usd_per_gpu_hour * price.gpus * HOURS_PER_MONTH * assumptions.gpu_price_factor
    rest = np.maximum(total - at_source.hosting_usd - at_source.busy_power_usd, 0.0)
    return replace(month, capital_usd=rest, maintenance_usd=np.zeros(DRAW_COUNT))


def _people_usd(catalog: Catalog, assumptions: Assumptions, seed: int) -> Draws:
    if not assumptions.include_people:
        return np.zeros(DRAW_COUNT)
    once = prior_draws(catalog, "setup_hours.own_server", seed) / assumptions.amortise_months
    return (once + prior_draws(catalog, "upkeep_hours.own_server", seed)) * assumptions.engineer_hour_usd
