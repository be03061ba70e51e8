"""The whole catalog: every row has a source and a date, and what is referred to exists."""

import csv
import io
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from planner.catalog import load_catalog
from planner.catalog.prices.litellm_map import bundled_map
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.resources import catalogs_dir

YAML_FILES = ("models.yaml", "providers.yaml", "anchors.yaml")
CSV_FILES = (
    "abstention.csv",
    "offers.csv",
    "price_maps.csv",
    "retirements.csv",
    "benchmarks.csv",
    "gpus.csv",
    "hidden_priors.csv",
    "gpu_prices.csv",
    "carbon.csv",
    "priors.csv",
    "serving_priors.csv",
    "embedders.csv",
    "vector_stores.csv",
    "fine_tune_prices.csv",
    "latency_priors.csv",
    "ownership_priors.csv",
    "servers.csv",
    "tokenizers.csv",
    "prompt_caches.csv",
    "batch_prices.csv",
    "currencies.csv",
    "price_changes.csv",
    "attention.csv",
)
SPEED_FILES = tuple(sorted(f"api_speeds/{path.name}" for path in (catalogs_dir() / "api_speeds").glob("*.csv")))
EVIDENCE_FILES = tuple(sorted(f"evidence/{path.name}" for path in (catalogs_dir() / "evidence").glob("*.csv")))
NOT_FACTS = ("aliases.csv", "artificial_analysis.csv", "sources.csv")
"""Joins of names, what the fields of a connector measure (read when scores are fetched), and the list of sources."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogs"
    shutil.copytree(catalogs_dir(), folder)
    return folder


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def change_csv(path: Path, column: str, value: str) -> None:
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(keepends=True)))
    rows[-1][column] = value
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def change_yaml(path: Path, part: str, value: Any) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    (key,) = [name for name, rows in data.items() if isinstance(rows, list)]
    data[key][-1]["source"][part] = value
    path.write_text(yaml.safe_dump(data), encoding="utf-8")


def refused(folder: Path, file: str) -> str:
    with pytest.raises(InputError) as caught:
        load_catalog(folder)
    message = str(caught.value)
    assert Path(file).name in message
    assert "\n" not in message
    return message


def test_every_file_of_the_catalog_is_among_those_tested() -> None:
    there = {path.name for path in catalogs_dir().iterdir() if path.suffix in {".csv", ".yaml"}}
    assert there == {*YAML_FILES, *CSV_FILES, *NOT_FACTS}


@pytest.mark.parametrize("file", CSV_FILES)
@pytest.mark.parametrize("column", ["source", "date"])
def test_a_csv_row_without_source_or_date_is_refused(copy: Path, file: str, column: str) -> None:
    change_csv(copy / file, column, "")
    assert "row" in refused(copy, file)


@pytest.mark.parametrize("file", YAML_FILES)
@pytest.mark.parametrize(("part", "value"), [("url", ""), ("url", None), ("date", None)])
def test_a_yaml_row_without_source_or_date_is_refused(copy: Path, file: str, part: str, value: Any) -> None:
    change_yaml(copy / file, part, value)
    assert "row" in refused(copy, file)


@pytest.mark.parametrize("file", EVIDENCE_FILES)
@pytest.mark.parametrize("column", ["source", "date"])
def test_a_score_without_source_or_date_is_refused(copy: Path, file: str, column: str) -> None:
    change_csv(copy / file, column, "")
    refused(copy, file)


@pytest.mark.parametrize("column", ["source", "read"])
def test_a_source_of_scores_without_its_parts_is_refused(copy: Path, column: str) -> None:
    change_csv(copy / "sources.csv", column, "")
    refused(copy, "sources.csv")


def test_an_unknown_column_is_refused(copy: Path) -> None:
    path = copy / "gpus.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0] + ",colour", lines[1] + ",green"]), encoding="utf-8")
    assert "colour" in refused(copy, "gpus.csv")


def test_an_entry_joined_to_no_model_is_refused(copy: Path) -> None:
    change_csv(copy / "offers.csv", "model", "nobody/nothing")
    assert "nobody/nothing" in refused(copy, "offers.csv")


def test_two_rows_of_one_model_are_refused(copy: Path) -> None:
    path = copy / "models.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["models"].append(data["models"][0])
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    assert "two rows" in refused(copy, "models.yaml")


def test_a_missing_file_is_one_line(copy: Path) -> None:
    (copy / "models.yaml").unlink()
    refused(copy, "models.yaml")


def test_yaml_tags_are_refused(copy: Path) -> None:
    (copy / "models.yaml").write_text("models: !!python/object/apply:os.system ['true']", encoding="utf-8")
    refused(copy, "models.yaml")


def test_the_same_files_give_the_same_version(copy: Path, tmp_path: Path) -> None:
    again = shutil.copytree(copy, tmp_path / "elsewhere")
    assert load_catalog(copy).version == load_catalog(again).version


def test_another_price_gives_another_version(copy: Path, tmp_path: Path) -> None:
    again = shutil.copytree(copy, tmp_path / "elsewhere")
    change_csv(again / "gpu_prices.csv", "usd_per_gpu_hour", "1.23")
    assert load_catalog(copy).version != load_catalog(again).version


def test_a_fetched_map_carries_its_day(tmp_path: Path) -> None:
    path = tmp_path / "litellm_prices_2026-11-30.json"
    shutil.copy(bundled_map(), path)
    fetched = load_catalog(price_map=path)
    assert fetched.as_of == date(2026, 11, 30)
    assert {offer.source.date for offer in fetched.offers} == {date(2026, 11, 30)}


def test_every_entry_of_the_bundled_map_is_read(catalog: Catalog) -> None:
    assert catalog.skipped == ()
    assert len(catalog.offers) > 3_000


def test_an_offer_is_named_by_key_and_region(catalog: Catalog) -> None:
    names = [(offer.key, offer.region) for offer in catalog.offers]
    assert len(set(names)) == len(names)


def test_every_offer_names_a_provider_and_at_most_one_model(catalog: Catalog) -> None:
    assert {offer.provider for offer in catalog.offers} <= set(catalog.providers)
    assert {offer.model for offer in catalog.offers if offer.model} <= set(catalog.models)


def test_there_are_at_least_120_models_with_a_price(catalog: Catalog) -> None:
    assert len({offer.model for offer in catalog.offers if offer.model and offer.price}) >= 120


def test_the_prices_of_joined_offers_are_plausible(catalog: Catalog) -> None:
    for offer in catalog.offers:
        if offer.price is not None and offer.model is not None:
            assert 0.005 <= offer.price.input_usd_per_mtok <= 150.0, offer.key
            assert 0.01 <= offer.price.output_usd_per_mtok <= 600.0, offer.key


def test_steps_ascend(catalog: Catalog) -> None:
    for offer in catalog.offers:
        thresholds = [step.above_input_tokens for step in offer.price.steps] if offer.price else []
        assert thresholds == sorted(set(thresholds)), offer.key


def test_a_reviewed_retirement_fills_what_the_map_leaves_open(catalog: Catalog) -> None:
    ends = {offer.retires for offer in catalog.offers if offer.key == "eu.anthropic.claude-3-7-sonnet-20250219-v1:0"}
    assert ends == {date(2026, 4, 28)}


def test_the_earlier_of_two_retirements_holds(catalog: Catalog) -> None:
    for offer in catalog.offers:
        if (offer.provider, offer.model) == ("bedrock", "anthropic/claude-sonnet-4"):
            assert offer.retires is not None
            assert offer.retires <= date(2026, 10, 14)


def test_a_retirement_of_an_unknown_model_is_refused(copy: Path) -> None:
    change_csv(copy / "retirements.csv", "model", "nobody/nothing")
    assert "nobody/nothing" in refused(copy, "retirements.csv")
