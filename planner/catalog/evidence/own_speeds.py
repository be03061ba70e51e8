"""A user's own times of APIs: a CSV of one measurement a row, joined to models and hosts; what can't be right is told.

Columns (those that a file lacks are taken as blank): model; host; ttft_ms or ttft_s; tokens_per_s, the decode rate
after the first token unless rate_kind says end_to_end; total_ms or total_s; prompt_tokens; output_tokens, hidden ones
included; effort; region of the client; date; n.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal, get_args

from planner.catalog.evidence.own_measurements import LeftOut
from planner.catalog.evidence.scores import Alias
from planner.catalog.model_names import KnownNames, join_name, known_names
from planner.catalog.schema import Catalog
from planner.catalog.source import Source
from planner.catalog.speeds import ApiSpeed, Effort, RateKind
from planner.errors import InputError
from planner.units import MS_PER_S

_LARGEST_BYTES: Final = 50_000_000
_FIGURES: Final = ("ttft_ms", "tokens_per_s", "total_ms")
_SECONDS: Final = {"ttft_s": "ttft_ms", "total_s": "total_ms"}
_RANGES: Final = {
    "ttft_ms": (10.0, 1e6, "milliseconds from 10 to 1,000,000 (seconds belong in a column ttft_s)"),
    "total_ms": (20.0, 1e7, "milliseconds from 20 to 10,000,000 (seconds belong in a column total_s)"),
    "tokens_per_s": (0.5, 5000.0, "tokens a second from 0.5 to 5,000"),
    "prompt_tokens": (0.0, 1e7, "a number of tokens from 0"),
    "output_tokens": (1.0, 1e7, "a number of tokens from 1"),
    "n": (1.0, 1e9, "a count from 1"),
}
_EFFORTS: Final[Mapping[str, Effort]] = {
    **{name: name for name in get_args(Effort)},
    **dict.fromkeys(("off", "disabled", "no", "false", "non-thinking", "non-reasoning", "thinking off"), "none"),
    **dict.fromkeys(("on", "enabled", "yes", "true", "thinking", "reasoning", "thinking on", "med", "auto"), "medium"),
    **dict.fromkeys(("very high", "extra high", "x-high"), "xhigh"),
    **dict.fromkeys(("default", "standard", "baseline"), "default"),
    **dict.fromkeys(("maximum", "ultra"), "max"),
}
_LEAST_OF_HIGH: Final = 16_000
_LEAST_OF_MEDIUM: Final = 4_000
_REGIONS: Final[Mapping[str, Literal["us", "eu", "asia"] | None]] = {
    "": None,
    **dict.fromkeys(("us", "usa", "america", "north america", "iad", "sea", "sfo", "global"), "us"),
    **dict.fromkeys(("eu", "europe", "uk", "gb", "cdg", "fra", "ams", "lhr", "de", "fr"), "eu"),
    **dict.fromkeys(
        ("asia", "apac", "ap", "kr", "korea", "jp", "japan", "sg", "in", "india", "nrt", "icn", "sin"), "asia"
    ),
}
_DATED: Final = re.compile(r"[-@_ ](20\d{6}|20\d{2}-\d{2}-\d{2}|\d{2}-\d{2}|\d{4})$")
_WORDS: Final = re.compile(
    r"[- ](instruct|it|preview|latest|versatile|instant|turbo|chat|hf|fp8)(?=$|[- ])", re.IGNORECASE
)
_ROUTES: Final = re.compile(r":[a-z]+$")


@dataclass(frozen=True, slots=True)
class OwnSpeed:
    """One row that can be forecast."""

    line: int
    speed: ApiSpeed


@dataclass(frozen=True, slots=True)
class OwnSpeeds:
    """The table: columns and raw cells for writing it back, rows for computing."""

    file: str
    columns: tuple[str, ...]
    cells: Mapping[int, tuple[str, ...]]
    """By line."""
    rows: tuple[OwnSpeed, ...]
    left_out: tuple[LeftOut, ...]
    doubts: tuple[LeftOut, ...]
    """Rows that are forecast, but not as they stand: a host that no table has is taken as one never seen."""


def load_own_speeds(path: Path, catalog: Catalog, aliases: Mapping[tuple[str, str], Alias]) -> OwnSpeeds:
    """Read the table; rows of unknown models, absurd or contradictory times are left out and told by line.

    Raises:
        InputError: The file cannot be read, has no column model, or no row of it can be forecast.
    """
    header, raw = read_table(path, ("model",), (*_FIGURES, *_SECONDS))
    names, hosts = known_names(catalog.models, aliases), _host_names(catalog)
    rows: list[OwnSpeed] = []
    left_out: list[LeftOut] = []
    doubts: list[LeftOut] = []
    for line, cells in raw.items():
        given = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        found = _row(line, given, catalog, names, hosts)
        if isinstance(found, LeftOut):
            left_out.append(found)
            continue
        rows.append(OwnSpeed(line, found))
        if found.host is not None and found.host not in catalog.api_hosts:
            doubts.append(LeftOut(line, "host", given["host"], "a known host; forecast as one never seen"))
    if not rows:
        first = left_out[0]
        raise InputError(str(path), f"line {first.line}: {first.field}", found=first.found, allowed=first.allowed)
    return OwnSpeeds(str(path), header, raw, tuple(rows), tuple(left_out), tuple(doubts))


def read_table(
    path: Path, needed: tuple[str, ...], figures: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[int, tuple[str, ...]]]:
    """Header and cells by line of a CSV; InputError when it cannot be read or lacks a needed column."""
    if not path.is_file():
        raise InputError(str(path), "", found="a folder" if path.is_dir() else "nothing", allowed="a CSV file")
    if path.stat().st_size > _LARGEST_BYTES:
        raise InputError(str(path), "", found=f"{path.stat().st_size:,} bytes", allowed=f"up to {_LARGEST_BYTES:,}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = tuple(name.strip() for name in next(reader, []))
            numbered = [(reader.line_num, tuple(row)) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise InputError(str(path), "", found=str(exc), allowed="a CSV file in UTF-8") from exc
    raw = dict(numbered)
    if any(name not in header for name in needed):
        allowed = f"columns {', '.join(needed)} and, to score, {', '.join(figures)}"
        raise InputError(str(path), "header", found=", ".join(header) or "nothing", allowed=allowed)
    repeated = next((name for name in header if name and header.count(name) > 1), None)
    if repeated is not None:
        raise InputError(str(path), "header", found=f"{repeated} twice", allowed="each column once")
    if not raw:
        raise InputError(str(path), "", found="no rows", allowed="a header and rows")
    return header, raw


def _host_names(catalog: Catalog) -> dict[str, str]:
    """Host id by every name in lower case, those of the catalog's providers too."""
    names = {provider.id.lower(): provider.id for provider in catalog.providers.values()}
    names |= {provider.name.lower(): provider.id for provider in catalog.providers.values()}
    names |= {name: host.id for host in catalog.api_hosts.values() for name in (host.id, *host.also_named)}
    return names


def join_model(names: KnownNames, text: str) -> Alias | None:
    """Model and setting that a name stands for: as it stands, then without its date, tuning word or route."""
    tail = _ROUTES.sub("", text)
    for name in _shorter(tail):
        found = join_name(names, name)
        if found is not None:
            return Alias(found.model, found.variant or ("thinking" if text.endswith(":thinking") else ""))
    return None


def _shorter(text: str) -> Iterator[str]:
    """A name in ever plainer forms."""
    tail = text.rsplit("/", 1)[-1]
    for name in (text, tail):
        yield name
        undated = _DATED.sub("", name)
        yield undated
        yield _WORDS.sub("", undated)
        yield _DATED.sub("", _WORDS.sub("", name))


def _row(
    line: int, given: Mapping[str, str], catalog: Catalog, names: KnownNames, hosts: Mapping[str, str]
) -> ApiSpeed | LeftOut:
    alias = join_model(names, given["model"])
    numbers = _numbers(line, given)
    if alias is None:
        return LeftOut(line, "model", given["model"], "a model of the catalog by id or published name")
    if isinstance(numbers, LeftOut):
        return numbers
    stated = given.get("effort", "")
    effort = effort_of(stated) if stated else effort_of(alias.variant) or ""
    day = _day(given.get("date", ""), catalog.as_of)
    kind = given.get("rate_kind", "").lower().replace("-", "_") or "decode"
    if effort is None or day is None or kind not in get_args(RateKind):
        return _unread(line, given, effort, day)
    first, total = numbers["ttft_ms"], numbers["total_ms"]
    if first is not None and total is not None and first > total:
        return LeftOut(line, "ttft_ms", f"{first:g}", f"up to total_ms, {total:g}")
    host = given.get("host", "").lower()
    return ApiSpeed(
        source_id="",
        model=alias.model,
        name=given["model"],
        host=hosts.get(host, host) or None,
        region=_REGIONS.get(given.get("region", "").lower()),
        prompt_tokens=numbers["prompt_tokens"],
        output_tokens=numbers["output_tokens"],
        effort=effort or None,
        ttft_ms=first,
        ttft_p95_ms=None,
        tokens_per_s=numbers["tokens_per_s"],
        rate_kind="end_to_end" if kind == "end_to_end" else "decode",
        total_ms=total,
        total_p95_ms=None,
        includes="visible",
        statistic="median",
        n=numbers["n"],
        source=Source("the user's file", day),
    )


def _unread(line: int, given: Mapping[str, str], effort: Effort | None, day: date | None) -> LeftOut:
    """The first word of a row that means nothing here."""
    if effort is None:
        return LeftOut(line, "effort", given.get("effort", ""), "none, minimal, low, medium, high, xhigh or max")
    if day is None:
        return LeftOut(line, "date", given["date"], "a day such as 2026-11-30")
    return LeftOut(line, "rate_kind", given["rate_kind"], "decode or end_to_end")


def effort_of(text: str) -> Effort | None:
    """Effort that a cell or a remark in a name states; '' for none stated, None for what no one knows.

    >>> effort_of("Off"), effort_of("thinking 16k"), effort_of("20000"), effort_of("loud")
    ('none', 'medium', 'high', None)
    """
    plain = text.strip().lower().replace("_", " ")
    if plain in _EFFORTS:
        return _EFFORTS[plain]
    if plain.replace(".", "", 1).isdigit():
        budget = float(plain)
        return "high" if budget >= _LEAST_OF_HIGH else "medium" if budget >= _LEAST_OF_MEDIUM else "low"
    words = re.findall(r"[a-z]+", plain)
    if "non" in words or "without" in words or "off" in words or "no" in words:
        return "none"
    return next((_EFFORTS[word] for word in words if word in _EFFORTS), None)


def _numbers(line: int, given: Mapping[str, str]) -> dict[str, float | None] | LeftOut:
    """Every number of a row in its unit; the first that cannot be is told."""
    found: dict[str, float | None] = {}
    scaled = {**{name: (name, 1.0) for name in _RANGES}, **{name: (into, MS_PER_S) for name, into in _SECONDS.items()}}
    for name, (into, unit) in scaled.items():
        text = given.get(name, "")
        if not text:
            found.setdefault(into, None)
            continue
        low, high, allowed = _RANGES[into]
        try:
            value = float(text) * unit
        except ValueError:
            return LeftOut(line, name, text, allowed)
        if not low <= value <= high:
            return LeftOut(line, name, text, allowed)
        found[into] = value
    return found


def _day(text: str, otherwise: date) -> date | None:
    """A day, or the middle of a month or year."""
    if not text:
        return otherwise
    match = re.match(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 7), int(match[3] or 15))
    except ValueError:
        return None
