"""Smaller tables of facts: embedders, vector stores, fine-tuning prices, named priors."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from planner.catalog.files import check_range, index_rows, load_csv_rows, parse_rows
from planner.catalog.schema import Abstention, Embedder, FineTunePrice, Prior, VectorStore
from planner.errors import InputError

_EMBEDDER_BLANKS: Final = ("offer_key", "usd_per_mtok", "dimensions", "max_input_tokens", "retrieval_ndcg10")


def load_embedders(path: Path) -> tuple[Embedder, ...]:
    """Embedding models, in file order; an embedder has a price or open weights.

    Raises:
        InputError: A row has no source or date, repeats an id, or can neither be bought nor served.
    """
    embedders = index_rows(path, parse_rows(path, load_csv_rows(path, _EMBEDDER_BLANKS), Embedder))
    for embedder in embedders.values():
        if embedder.usd_per_mtok is None and not embedder.open_weights:
            field = f"{embedder.id}.usd_per_mtok"
            raise InputError(path.name, field, found="nothing", allowed="a price, or open weights")
        check_range(path.name, f"{embedder.id}.retrieval_ndcg10", embedder.retrieval_ndcg10, 0.0, 1.0)
        check_range(path.name, f"{embedder.id}.usd_per_mtok", embedder.usd_per_mtok, 0.0, 1e3)
    return tuple(embedders.values())


def load_vector_stores(path: Path) -> tuple[VectorStore, ...]:
    """Where a retrieval index can live, in file order; InputError for a negative price or a row without source."""
    stores = index_rows(path, parse_rows(path, load_csv_rows(path), VectorStore))
    for store in stores.values():
        for field in ("fixed_usd_per_month", "usd_per_gb_month", "usd_per_million_queries", "set_up_hours"):
            check_range(path.name, f"{store.id}.{field}", getattr(store, field), 0.0, 1e6)
    return tuple(stores.values())


def load_fine_tune_prices(path: Path) -> tuple[FineTunePrice, ...]:
    """Prices of tuning by the token, in file order; InputError for a price that is not positive."""
    prices = parse_rows(path, load_csv_rows(path), FineTunePrice, "model")
    for number, price in enumerate(prices, start=1):
        check_range(path.name, f"row {number}: usd_per_mtok", price.usd_per_mtok, 1e-6, 1e4)
        check_range(path.name, f"row {number}: inference_factor", price.inference_factor, 0.1, 100.0)
    return prices


def load_abstention(path: Path, model_ids: Iterable[str]) -> dict[str, Abstention]:
    """What models do where a text holds no answer, by model; InputError for an unknown model or no share."""
    known = frozenset(model_ids)
    rows = parse_rows(path, load_csv_rows(path), Abstention, "model")
    for number, row in enumerate(rows, start=1):
        if row.model not in known:
            raise InputError(path.name, f"row {number}: model", found=row.model, allowed="an id of models.yaml")
        for name in ("invented", "refused"):
            check_range(path.name, f"row {number}: {name}", getattr(row, name), 0.0, 1.0)
    return {row.model: row for row in rows}


def load_priors(folder: Path) -> dict[str, Prior]:
    """Named parameters of every '...priors.csv' of the folder, by id.

    Raises:
        InputError: A row has no source or date, an id comes twice, or the spread does not suit the family.
    """
    rows: list[Prior] = []
    for path in sorted(folder.glob("*priors.csv")):
        found = parse_rows(path, load_csv_rows(path), Prior)
        for prior in found:
            _check_spread(path, prior)
        rows.extend(found)
    return index_rows(folder / "priors.csv", rows)


def _check_spread(path: Path, prior: Prior) -> None:
    """Normal and log-normal need a positive spread, log-normal a positive median, beta two positive parameters."""
    wrong = {
        "fixed": prior.b != 0.0,
        "normal": not prior.b > 0.0,
        "lognormal": not (prior.a > 0.0 and prior.b > 0.0),
        "beta": not (prior.a > 0.0 and prior.b > 0.0),
    }[prior.family]
    if wrong:
        allowed = "fixed: b = 0; normal: b > 0; lognormal and beta: a > 0 and b > 0"
        raise InputError(path.name, prior.id, found=f"{prior.family} a={prior.a:g} b={prior.b:g}", allowed=allowed)
