"""The catalog: every file of catalogs/ and litellm's price map, read once into one frozen value."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from planner.catalog.attention import load_attention
from planner.catalog.evidence.api_speeds import load_api_speeds, load_hosts
from planner.catalog.evidence.scores import load_anchors, load_evidence
from planner.catalog.facts import (
    load_abstention,
    load_embedders,
    load_fine_tune_prices,
    load_priors,
    load_vector_stores,
)
from planner.catalog.files import index_rows, load_csv_rows, load_yaml_rows, parse_rows
from planner.catalog.hardware import load_carbon, load_gpu_prices, load_gpus, load_servers
from planner.catalog.prices.corrections import correct_offers
from planner.catalog.prices.litellm_map import PriceMap, bundled_map, litellm_version, load_price_map
from planner.catalog.prompt_caches import load_prompt_caches
from planner.catalog.schema import Catalog, Model, Offer, Provider, Source
from planner.catalog.tokenizers import load_tokenizers
from planner.errors import InputError
from planner.resources import catalogs_dir

_HASHED: Final = (".yaml", ".csv")
_MAP_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.json$")


@dataclass(frozen=True, slots=True)
class Join:
    """One reviewed row of offers.csv: this entry of the price map serves that model."""

    litellm_key: str
    model: str
    source: Source


@dataclass(frozen=True, slots=True)
class CheckedMap:
    """A release of litellm whose price map was looked at."""

    litellm_version: str
    source: Source


@dataclass(frozen=True, slots=True)
class Retirement:
    """When a provider stops serving a model, where the price map does not say so."""

    provider: str
    model: str
    retires: date
    source: Source


def load_catalog(folder: Path | None = None, price_map: Path | None = None) -> Catalog:
    """The catalog of a folder (the shipped facts by default) with the prices of a map (litellm's own by default).

    Loaded once for each pair of paths; the door decides whether a fetched map is used.

    Raises:
        InputError: A file is missing or wrong, or a row has no source or date; names file, row and field.
    """
    return _load((folder or catalogs_dir()).resolve(), price_map.resolve() if price_map else None)


@lru_cache(maxsize=4)
def _load(folder: Path, price_map: Path | None) -> Catalog:
    # Read for their checks: by family they are found without a catalog at hand (a spending cap has none).
    load_tokenizers(folder / "tokenizers.csv")
    load_prompt_caches(folder / "prompt_caches.csv")
    load_attention(folder / "attention.csv")
    models = load_models(folder / "models.yaml")
    providers = load_providers(folder / "providers.yaml")
    joins = load_joins(folder / "offers.csv", models)
    map_source = _map_source(folder / "price_maps.csv", price_map)
    prices = load_price_map(price_map or bundled_map(), providers, joins, map_source)
    corrected, refused = correct_offers(folder, prices.offers)
    offers = _retire(corrected, load_retirements(folder / "retirements.csv", models, providers))
    prices = replace(prices, offers=offers, refused=refused)
    return _compose(folder, prices, map_source, models, providers)


def _compose(
    folder: Path, prices: PriceMap, map_source: Source, models: Mapping[str, Model], providers: Mapping[str, Provider]
) -> Catalog:
    evidence, benchmarks, unjoined = load_evidence(folder)
    gpus = load_gpus(folder / "gpus.csv")
    hosts = load_hosts(folder / "api_speeds")
    dates = [map_source.date, *(model.source.date for model in models.values())]
    dates += [provider.source.date for provider in providers.values()]
    return Catalog(
        version=content_hash(folder, prices.text),
        as_of=max(dates),
        litellm_version=litellm_version(),
        models=models,
        offers=prices.offers,
        providers=providers,
        benchmarks=benchmarks,
        evidence=evidence,
        unjoined=unjoined,
        gpus=gpus,
        gpu_prices=load_gpu_prices(folder / "gpu_prices.csv", gpus),
        embedders=load_embedders(folder / "embedders.csv"),
        vector_stores=load_vector_stores(folder / "vector_stores.csv"),
        fine_tune_prices=load_fine_tune_prices(folder / "fine_tune_prices.csv"),
        anchors=load_anchors(folder / "anchors.yaml", benchmarks),
        priors=load_priors(folder),
        speeds=load_api_speeds(folder / "api_speeds", models, hosts),
        api_hosts=hosts,
        carbon=load_carbon(folder / "carbon.csv"),
        servers=load_servers(folder / "servers.csv", gpus),
        abstention=load_abstention(folder / "abstention.csv", models),
        skipped=prices.skipped,
        refused_prices=prices.refused,
    )


def load_models(path: Path) -> dict[str, Model]:
    """Curated models by id, in file order."""
    models = index_rows(path, parse_rows(path, load_yaml_rows(path, "models"), Model))
    for model in models.values():
        if model.base is not None and (model.base == model.id or model.base not in models):
            raise InputError(path.name, f"{model.id}.base", found=model.base, allowed="another id of models.yaml")
    return models


def load_providers(path: Path) -> dict[str, Provider]:
    """Curated providers by id."""
    return index_rows(path, parse_rows(path, load_yaml_rows(path, "providers"), Provider))


def load_joins(path: Path, models: Mapping[str, Model]) -> dict[str, str]:
    """Model id of each reviewed key of the price map; InputError for a model that models.yaml does not have."""
    joins = index_rows(path, parse_rows(path, load_csv_rows(path), Join, "litellm_key"), "litellm_key")
    for key, join in joins.items():
        if join.model not in models:
            raise InputError(path.name, f"{key}.model", found=join.model, allowed="an id of models.yaml")
    return {key: join.model for key, join in joins.items()}


def load_retirements(
    path: Path, models: Mapping[str, Model], providers: Mapping[str, Provider]
) -> dict[tuple[str, str], Retirement]:
    """Reviewed ends of service by provider and model; InputError for a name that the catalog does not have."""
    ends: dict[tuple[str, str], Retirement] = {}
    for row in parse_rows(path, load_csv_rows(path), Retirement, "model"):
        where = f"{row.provider} {row.model}"
        if row.provider not in providers or row.model not in models:
            raise InputError(path.name, where, found="an unknown name", allowed="a provider and a model of the catalog")
        if (row.provider, row.model) in ends:
            raise InputError(path.name, where, found="two rows", allowed="one row for each provider and model")
        ends[row.provider, row.model] = row
    return ends


def _retire(offers: Iterable[Offer], ends: Mapping[tuple[str, str], Retirement]) -> tuple[Offer, ...]:
    """The offers, each with the earlier of the map's date and the reviewed one."""
    return tuple(_retired(offer, ends.get((offer.provider, offer.model or ""))) for offer in offers)


def _retired(offer: Offer, end: Retirement | None) -> Offer:
    if end is None or (offer.retires is not None and offer.retires <= end.retires):
        return offer
    source = replace(offer.source, note=f"{offer.source.note}; retirement: {end.source.url}".lstrip("; "))
    return replace(offer, retires=end.retires, source=source)


def _map_source(path: Path, price_map: Path | None) -> Source:
    """Where the prices come from: a fetched map carries its date in its name, a bundled one is listed by release."""
    rows = parse_rows(path, load_csv_rows(path), CheckedMap, "litellm_version")
    if not rows:
        raise InputError(path.name, "", found="no rows", allowed="one row for each checked release of litellm")
    newest = max(rows, key=lambda row: row.source.date).source
    if price_map is None:
        version = litellm_version()
        listed = next((row.source for row in rows if row.litellm_version == version), None)
        return listed or Source(newest.url, newest.date, f"bundled in litellm {version}, a release not looked at")
    match = _MAP_DATE.search(price_map.name)
    return Source(newest.url, date.fromisoformat(match[1]) if match else newest.date, f"from {price_map.name}")


def content_hash(folder: Path, price_map: bytes) -> str:
    """Hash of every file of the folder and of the price map, 12 hex digits: the catalog's version."""
    digest = hashlib.blake2b(price_map, digest_size=6)
    for path in _fact_files(folder):
        digest.update(f"\0{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _fact_files(folder: Path) -> Iterator[Path]:
    found: Iterable[Path] = (path for path in folder.rglob("*") if path.suffix in _HASHED)
    return (path for path in sorted(found) if "workloads" not in path.relative_to(folder).parts)
