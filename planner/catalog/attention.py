"""What a model's attention and embeddings cost in memory, beyond layers and heads: windows, latent caches, words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from planner.catalog.files import check_range, index_rows, load_csv_rows, parse_rows
from planner.catalog.schema import Model
from planner.catalog.source import Source
from planner.resources import catalogs_dir

_BLANKS: Final = ("window_tokens", "global_layers", "four_bit_gb")


@dataclass(frozen=True, slots=True)
class Attention:
    """One row of attention.csv."""

    model: str
    heads: int
    """Query heads: what tensor parallelism splits."""
    window_tokens: float | None
    """Tokens that a layer with a sliding window keeps; None: every layer keeps the whole context."""
    global_layers: int | None
    """Layers that keep the whole context beside those with a window."""
    vocabulary: int
    tied: bool
    """One matrix serves as embedding and as output layer."""
    four_bit_gb: float | None
    """Size of the weights that the maker publishes in four bits, where they are published so."""
    source: Source


def load_attention(path: Path) -> Mapping[str, Attention]:
    """Rows by model id; InputError for a second row or a value out of range."""
    rows = index_rows(path, parse_rows(path, load_csv_rows(path, _BLANKS), Attention, "model"), "model")
    for row in rows.values():
        check_range(path.name, f"{row.model}.heads", row.heads, 1, 1024)
        check_range(path.name, f"{row.model}.vocabulary", row.vocabulary, 1000, 2_000_000)
        check_range(path.name, f"{row.model}.window_tokens", row.window_tokens, 16, 1_000_000)
    return rows


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Attention]:
    return load_attention(catalogs_dir() / "attention.csv")


def attention_of(model: Model) -> Attention | None:
    """What is known of a model's attention; None when it is not published or not read."""
    return _shipped().get(model.id)


def is_latent(model: Model) -> bool:
    """Whether it keeps one compressed vector a token (multi-head latent attention) in place of keys and values."""
    return model.kv_bytes_per_token is not None and model.kv_heads is None


def window_share(model: Model) -> tuple[float, float]:
    """Share of the cache per token that layers with a sliding window keep, and their window in tokens."""
    found = attention_of(model)
    if found is None or found.window_tokens is None or not model.layers:
        return 0.0, float("inf")
    return 1.0 - (found.global_layers or 0) / model.layers, found.window_tokens


def cache_copies(model: Model, gpus: int) -> float:
    """How often each part of the cache is kept when a model is split over GPUs by tensor parallelism.

    A latent cache has one head that every GPU needs whole; fewer KV heads than GPUs are repeated until each has one.
    """
    if is_latent(model):
        return float(gpus)
    return max(gpus / model.kv_heads, 1.0) if model.kv_heads else 1.0


def why_not_split(model: Model, gpus: int) -> str | None:
    """Why vLLM refuses to split the model over so many GPUs, as a sentence; None when it does, or heads are unknown."""
    found = attention_of(model)
    if found is not None and found.heads % gpus:
        return f"{model.name} has {found.heads} attention heads, which {gpus} GPUs cannot share evenly"
    heads = model.kv_heads
    if heads and (heads % gpus if heads >= gpus else gpus % heads):
        return f"{model.name} has {heads} KV heads, which {gpus} GPUs cannot share evenly"
    return None


def embedding_params(model: Model) -> float | None:
    """Weights of the embedding and the output layer, which quantisation leaves in 16 bits; None when unknown."""
    found = attention_of(model)
    if found is None or not model.hidden:
        return None
    return found.vocabulary * model.hidden * (1.0 if found.tied else 2.0)
