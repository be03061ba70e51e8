"""GPUs, laptops and devices: what they can do, what an hour of them costs, what their electricity emits."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from planner.catalog.files import check_range, index_rows, load_csv_column, load_csv_rows, parse_rows
from planner.catalog.schema import Gpu, GpuPrice, GridCarbon, Server
from planner.errors import InputError

_GPU_BLANKS = ("bf16_tflops", "fp8_tflops", "tdp_w", "link_gb_s", "purchase_usd")


def load_gpus(path: Path) -> dict[str, Gpu]:
    """Accelerators and devices by id; what the source does not state is None.

    Raises:
        InputError: A row has no source or date, or memory or bandwidth is not positive.
    """
    gpus = index_rows(path, parse_rows(path, load_csv_rows(path, _GPU_BLANKS), Gpu))
    for gpu in gpus.values():
        for field in ("memory_gb", "bandwidth_gb_s", *_GPU_BLANKS):
            value = getattr(gpu, field)
            if value is not None and not value > 0.0:
                raise InputError(path.name, f"{gpu.id}.{field}", found=value, allowed="a positive number")
    return gpus


def load_gpu_prices(path: Path, gpus: Mapping[str, Gpu]) -> tuple[GpuPrice, ...]:
    """Prices of an hour, in file order; InputError for an unknown GPU or a price that is not positive."""
    prices = parse_rows(path, load_csv_rows(path), GpuPrice, "gpu")
    for number, price in enumerate(prices, start=1):
        if price.gpu not in gpus:
            raise InputError(path.name, f"row {number}: gpu", found=price.gpu, allowed="an id of gpus.csv")
        if price.gpus < 1 or not price.usd_per_gpu_hour > 0.0:
            found = f"{price.gpus} GPUs at {price.usd_per_gpu_hour}"
            raise InputError(
                path.name, f"row {number}: usd_per_gpu_hour", found=found, allowed="a positive price and count"
            )
    return prices


def load_servers(path: Path, gpus: Mapping[str, Gpu]) -> dict[str, Server]:
    """Servers by GPU; InputError for an unknown GPU, or a size or price out of range."""
    servers = index_rows(path, parse_rows(path, load_csv_rows(path), Server, "gpu"), "gpu")
    for server in servers.values():
        if server.gpu not in gpus:
            raise InputError(path.name, server.gpu, found="an unknown GPU", allowed="an id of gpus.csv")
        check_range(path.name, f"{server.gpu}.gpus", server.gpus, 1, 72)
        check_range(path.name, f"{server.gpu}.purchase_usd", server.purchase_usd, 100.0, 1e7)
        check_range(path.name, f"{server.gpu}.purchase_log_sd", server.purchase_log_sd, 0.0, 1.0)
    return servers


@lru_cache(maxsize=4)
def measured_gpus(path: Path) -> frozenset[str]:
    """GPUs with at least one published measurement of a served model, read off one column of the file."""
    return frozenset(load_csv_column(path, "gpu"))


def load_carbon(path: Path) -> dict[str, GridCarbon]:
    """Carbon intensity of electricity by area of the workload format ('eu') or ISO country code ('DEU')."""
    carbon = index_rows(path, parse_rows(path, load_csv_rows(path), GridCarbon, "code"), "code")
    for grid in carbon.values():
        if not 0.0 <= grid.gco2_per_kwh <= 2000.0:
            raise InputError(path.name, f"{grid.code}.gco2_per_kwh", found=grid.gco2_per_kwh, allowed="0 to 2000")
    return carbon
