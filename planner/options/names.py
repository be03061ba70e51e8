"""A workload in the catalog's own ids: whatever name of a model or GPU it gives, one resolver reads."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from planner.catalog.names import find_model, gpu_named
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.workload.schema import RelativeFloor, Segment, Workload
from planner.workload.tokens import TOKENIZERS

_FILE: Final = "workload"


def resolve_names(workload: Workload, catalog: Catalog) -> Workload:
    """The workload with every model and device under its id; the same object when all are ids already.

    Raises:
        InputError: A model, provider or device that the catalog lacks; names the field and the closest ids.
    """
    providers = {*catalog.providers, *(price.provider for price in catalog.gpu_prices), "own"}
    _check_listed(workload.providers_in_contract, providers, "providers_in_contract")
    segments = [_resolved(segment, catalog, providers) for segment in workload.segments]
    counter = workload.assumptions.tokens_counted_by
    if counter is not None and counter not in TOKENIZERS:
        named = find_model(catalog, counter, _FILE, "assumptions.tokens_counted_by").id
        assumptions = workload.assumptions.model_copy(update={"tokens_counted_by": named})
        return workload.model_copy(update={"segments": tuple(segments), "assumptions": assumptions})
    if all(ours is theirs for ours, theirs in zip(segments, workload.segments, strict=True)):
        return workload
    return workload.model_copy(update={"segments": tuple(segments)})


def _resolved(segment: Segment, catalog: Catalog, providers: set[str]) -> Segment:
    at = f"segments.{segment.name}"
    _check_listed(segment.data.providers_allowed, providers, f"{at}.data.providers_allowed")
    update: dict[str, Any] = {}
    floor = segment.quality_floor
    if isinstance(floor, RelativeFloor) and floor.of != "best":
        update["quality_floor"] = _renamed(floor, "of", floor.of, catalog, f"{at}.quality_floor.of")
    if segment.today:
        update["today"] = _renamed(segment.today, "model", segment.today.model, catalog, f"{at}.today.model")
    if segment.prefer:
        update["prefer"] = find_model(catalog, segment.prefer, _FILE, f"{at}.prefer").id
    if segment.observed:
        update["observed"] = tuple(
            _renamed(seen, "model", seen.model, catalog, f"{at}.observed.model") for seen in segment.observed
        )
    if segment.data.devices:
        devices = tuple(_device(catalog, name, f"{at}.data.devices") for name in segment.data.devices)
        update["data"] = segment.data.model_copy(update={"devices": devices})
    changed = {name: value for name, value in update.items() if value != getattr(segment, name)}
    return segment.model_copy(update=changed) if changed else segment


def _renamed(part: Any, field: str, name: str, catalog: Catalog, at: str) -> Any:  # noqa: ANN401 (a frozen schema part)
    return part.model_copy(update={field: find_model(catalog, name, _FILE, at).id})


def _device(catalog: Catalog, name: str, at: str) -> str:
    found = gpu_named(catalog, name)
    if found is None:
        raise InputError(_FILE, at, found=name, allowed=f"ids of the catalog ({_close(name, catalog.gpus)})")
    return found.id


def _check_listed(names: tuple[str, ...] | None, known: set[str], field: str) -> None:
    for name in names or ():
        if name not in known:
            raise InputError(_FILE, field, found=name, allowed=f"ids of the catalog ({_close(name, known)})")


def _close(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name.lower(), sorted(known), n=3, cutoff=0.4)
    return ", ".join(close or sorted(known)[:5])
