"""Published times of APIs: one measurement or statistic a row, one file a source, and the hosts that they were made at.

What a row does not state is blank and stays None. Rows speak of models of the catalog or, where `model` has no slash,
of others by their published names: those tell of hosts and sources alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from planner.catalog.files import check_range, index_rows, load_csv_rows, parse_rows
from planner.catalog.source import Source
from planner.catalog.speeds import ApiHost, ApiSpeed
from planner.errors import InputError

_TABLES: Final = ("hosts.csv", "sources.csv")
_BLANKS: Final = (
    *("host", "region", "prompt_tokens", "output_tokens", "effort", "ttft_ms", "ttft_p95_ms", "tokens_per_s"),
    *("rate_kind", "total_ms", "total_p95_ms", "includes", "n"),
)
_RANGES: Final = {
    "prompt_tokens": (0.0, 1e7),
    "output_tokens": (1.0, 1e6),
    "ttft_ms": (1.0, 1e6),
    "ttft_p95_ms": (1.0, 1e6),
    "tokens_per_s": (0.1, 1e4),
    "total_ms": (1.0, 1e7),
    "total_p95_ms": (1.0, 1e7),
}


@dataclass(frozen=True, slots=True)
class SpeedSource:
    """A publication of speeds."""

    id: str
    licence: str
    measures: str
    source: Source


def load_api_speeds(folder: Path, model_ids: Iterable[str], hosts: Iterable[str]) -> tuple[ApiSpeed, ...]:
    """Rows of every source in the folder, by file name and then in file order.

    Raises:
        InputError: A model, host or source that no table has, a row without a time, a time out of range, or two that
            contradict each other.
    """
    models, places = frozenset(model_ids), frozenset(hosts)
    listed = load_speed_sources(folder)
    found: list[ApiSpeed] = []
    for path in sorted(folder.glob("*.csv")):
        if path.name not in _TABLES:
            if path.stem not in listed:
                raise InputError(
                    path.name, "", found="not in sources.csv", allowed="a row of sources.csv for each file"
                )
            rows = [{**row, "source_id": path.stem} for row in load_csv_rows(path, _BLANKS)]
            speeds = parse_rows(path, rows, ApiSpeed, "model")
            for number, speed in enumerate(speeds, start=1):
                _check(path.name, f"row {number}", speed, models, places)
            found.extend(speeds)
    return tuple(found)


def _check(file: str, where: str, speed: ApiSpeed, models: frozenset[str], hosts: frozenset[str]) -> None:
    if "/" in speed.model and speed.model not in models:
        raise InputError(file, f"{where}: model", found=speed.model, allowed="an id of models.yaml, or a bare name")
    if speed.host is not None and speed.host not in hosts:
        raise InputError(file, f"{where}: host", found=speed.host, allowed="an id of hosts.csv, or nothing")
    for name, (low, high) in _RANGES.items():
        check_range(file, f"{where}: {name}", getattr(speed, name), low, high)
    if speed.ttft_ms is None and speed.tokens_per_s is None and speed.total_ms is None:
        raise InputError(file, where, found="no time", allowed="ttft_ms, tokens_per_s or total_ms")
    if speed.tokens_per_s is not None and speed.rate_kind is None:
        raise InputError(file, f"{where}: rate_kind", found="nothing", allowed="decode or end_to_end")
    if speed.ttft_ms is not None and speed.total_ms is not None and speed.ttft_ms > speed.total_ms:
        raise InputError(file, f"{where}: ttft_ms", found=speed.ttft_ms, allowed=f"up to total_ms, {speed.total_ms:g}")


def load_speed_sources(folder: Path) -> dict[str, SpeedSource]:
    """Publications by id, which is the name of their file."""
    path = folder / "sources.csv"
    return index_rows(path, parse_rows(path, load_csv_rows(path), SpeedSource))


def load_hosts(folder: Path) -> dict[str, ApiHost]:
    """Hosts by id; InputError for a name that two hosts have."""
    path = folder / "hosts.csv"
    rows = [
        {**row, "also_named": tuple(str(row["also_named"] or "").lower().split("|")) if row["also_named"] else ()}
        for row in load_csv_rows(path, ("also_named",))
    ]
    hosts = index_rows(path, parse_rows(path, [{"makers": "", **row} for row in rows], ApiHost))
    seen: set[str] = set()
    for host in hosts.values():
        for name in (host.id, *host.also_named):
            if name in seen:
                raise InputError(path.name, f"{host.id}.also_named", found=name, allowed="a name of one host")
            seen.add(name)
    return hosts
