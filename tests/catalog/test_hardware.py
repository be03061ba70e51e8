"""GPUs, devices, their prices and the carbon of electricity."""

from pathlib import Path

import pytest

from planner.catalog.files import load_csv_column, load_csv_rows
from planner.catalog.hardware import load_carbon, load_gpu_prices, load_gpus
from planner.catalog.schema import Gpu, GpuPrice
from planner.errors import InputError
from planner.resources import catalogs_dir
from planner.terms import AREAS

CATALOGS = catalogs_dir()
GPU_HEADER = (
    "id,name,kind,memory_gb,bandwidth_gb_s,bf16_tflops,fp8_tflops,tdp_w,link_gb_s,purchase_usd,source,date,note\n"
)
PRICE_HEADER = "gpu,provider,instance,gpus,region,area,billing,usd_per_gpu_hour,source,date,note\n"


@pytest.fixture(scope="module")
def gpus() -> dict[str, Gpu]:
    return load_gpus(CATALOGS / "gpus.csv")


@pytest.fixture(scope="module")
def prices(gpus: dict[str, Gpu]) -> tuple[GpuPrice, ...]:
    return load_gpu_prices(CATALOGS / "gpu_prices.csv", gpus)


def test_servers_desks_laptops_boards_and_phones_are_there(gpus: dict[str, Gpu]) -> None:
    kinds = {gpu.kind for gpu in gpus.values()}
    assert kinds >= {"datacenter", "workstation", "consumer", "laptop", "edge", "phone"}
    assert len(gpus) >= 50


@pytest.mark.parametrize(
    ("gpu", "memory", "bandwidth"),
    [("h100-sxm", 85.9, 3350.0), ("mi300x", 192.0, 5300.0), ("l4", 25.8, 300.0), ("mac-m4-max-64", 48.0, 546.0)],
)
def test_known_specifications_are_what_the_sources_say(
    gpus: dict[str, Gpu], gpu: str, memory: float, bandwidth: float
) -> None:
    assert (gpus[gpu].memory_gb, gpus[gpu].bandwidth_gb_s) == (memory, bandwidth)


def test_every_gpu_for_servers_states_its_compute(gpus: dict[str, Gpu]) -> None:
    assert all(gpu.bf16_tflops for gpu in gpus.values() if gpu.kind == "datacenter")


def test_fp8_is_at_least_twice_bf16_where_a_gpu_has_it(gpus: dict[str, Gpu]) -> None:
    both = [gpu for gpu in gpus.values() if gpu.fp8_tflops and gpu.bf16_tflops]
    assert all(gpu.fp8_tflops / gpu.bf16_tflops > 1.9 for gpu in both if gpu.fp8_tflops and gpu.bf16_tflops)


def test_prices_name_rented_and_owned_machines(prices: tuple[GpuPrice, ...]) -> None:
    assert {price.billing for price in prices} == {"on_demand", "spot", "reserved", "owned"}
    assert len(prices) > 100


def test_owned_machines_stand_on_ones_own_premises(prices: tuple[GpuPrice, ...]) -> None:
    assert all((price.provider == "own") == (price.billing == "owned") for price in prices)


def test_spot_never_costs_more_than_on_demand(prices: tuple[GpuPrice, ...]) -> None:
    keys = {(p.gpu, p.provider, p.instance, p.region): p.usd_per_gpu_hour for p in prices if p.billing == "on_demand"}
    for price in prices:
        key = (price.gpu, price.provider, price.instance, price.region)
        if price.billing == "spot" and key in keys:
            assert price.usd_per_gpu_hour <= keys[key]


def test_a_gpu_can_be_rented_in_the_eu(prices: tuple[GpuPrice, ...]) -> None:
    assert {price.gpu for price in prices if price.area == "eu"} >= {"h100-sxm", "h200-sxm", "l40s"}


def test_every_area_of_the_workload_format_has_a_carbon_intensity() -> None:
    carbon = load_carbon(CATALOGS / "carbon.csv")
    assert set(AREAS) <= carbon.keys()
    assert carbon["FRA"].gco2_per_kwh < carbon["eu"].gco2_per_kwh < carbon["POL"].gco2_per_kwh


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("x,X,datacenter,80,3000,,,,,,,2026-01-01,", "source"),
        ("x,X,datacenter,80,3000,,,,,,a@b:c,,", "source"),
        ("x,X,datacenter,0,3000,,,,,,a@b:c,2026-01-01,", "x.memory_gb"),
        ("x,X,datacenter,80,3000,-1,,,,,a@b:c,2026-01-01,", "x.bf16_tflops"),
        ("x,X,toaster,80,3000,,,,,,a@b:c,2026-01-01,", "kind"),
    ],
)
def test_a_wrong_gpu_is_refused(tmp_path: Path, row: str, field: str) -> None:
    path = tmp_path / "gpus.csv"
    path.write_text(GPU_HEADER + row + "\n")
    with pytest.raises(InputError) as caught:
        load_gpus(path)
    assert field in caught.value.field
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("toaster,aws,i,1,us-east-1,us,on_demand,2.0,a@b:c,2026-01-01,", "row 1: gpu"),
        ("h100-sxm,aws,i,1,us-east-1,us,on_demand,0,a@b:c,2026-01-01,", "row 1: usd_per_gpu_hour"),
        ("h100-sxm,aws,i,1,us-east-1,us,on_demand,2.0,,2026-01-01,", "row 1 (h100-sxm).source"),
    ],
)
def test_a_wrong_price_is_refused(tmp_path: Path, gpus: dict[str, Gpu], row: str, field: str) -> None:
    path = tmp_path / "gpu_prices.csv"
    path.write_text(PRICE_HEADER + row + "\n")
    with pytest.raises(InputError) as caught:
        load_gpu_prices(path, gpus)
    assert caught.value.field.startswith(field)


def test_an_impossible_carbon_intensity_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "carbon.csv"
    path.write_text("code,gco2_per_kwh,source,date,note\neu,5000,a@b:c,2026-01-01,\n")
    with pytest.raises(InputError, match=r"eu\.gco2_per_kwh"):
        load_carbon(path)


def test_a_column_read_alone_is_that_of_the_rows() -> None:
    path = catalogs_dir() / "serving" / "measurements.csv"
    assert load_csv_column(path, "ttft_ms") == [row["ttft_ms"] for row in load_csv_rows(path) if "ttft_ms" in row]


def test_a_column_that_a_file_lacks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gpus.csv").write_text("id,name\nl40s,L40S\n", encoding="utf-8")
    with pytest.raises(InputError, match="id, name"):
        load_csv_column(tmp_path / "gpus.csv", "gpu")
