"""A user's trace of requests, read and replayed on sized replicas: what would they have waited?

Two formats: CSV with TIMESTAMP, ContextTokens, GeneratedTokens (as the Azure LLM inference traces), and JSON lines with
timestamp in milliseconds, input_length, output_length (as the Mooncake traces).
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from planner.beliefs.queue_simulation import Replay, Requests, StepLine, simulate
from planner.beliefs.roofline import Setup, resting_seconds
from planner.beliefs.serving_draws import Speeds, speeds_of
from planner.beliefs.serving_memory import free_bytes, why_not_sized
from planner.catalog.schema import Catalog
from planner.errors import InputError
from planner.units import MS_PER_S, SEED, Floats

_CSV: Final = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
_JSON: Final = ("timestamp", "input_length", "output_length")
_LARGEST_BYTES: Final = 200_000_000


@dataclass(frozen=True, slots=True, eq=False)
class TraceReplay:
    """What the requests of a trace would have seen on these replicas."""

    replicas: int
    max_batch: int
    replay: Replay
    ttft_p50_ms: float
    ttft_p95_ms: float
    ttft_p99_ms: float
    tpot_ms: float
    arrival_cv2: float
    """Squared coefficient of variation of the times between arrivals: 1 for independent callers."""


def load_trace(path: Path) -> Requests:
    """Requests in order of arrival, seconds from the first; InputError names file, line and field."""
    if not path.is_file():
        raise InputError(str(path), "", found="a folder" if path.is_dir() else "nothing", allowed="a CSV or JSONL file")
    if path.stat().st_size > _LARGEST_BYTES:
        raise InputError(str(path), "", found=f"{path.stat().st_size:,} bytes", allowed=f"up to {_LARGEST_BYTES:,}")
    try:
        rows = list(_json_rows(path) if path.suffix == ".jsonl" else _csv_rows(path))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InputError(str(path), "", found=str(exc), allowed="a CSV or JSONL file in UTF-8") from exc
    if len(rows) < 2:
        raise InputError(str(path), "", found=f"{len(rows)} requests", allowed="at least two")
    table = np.array(sorted(rows))
    return Requests(table[:, 0] - table[0, 0], table[:, 1], np.maximum(table[:, 2], 1.0))


def _csv_rows(path: Path) -> Iterator[tuple[float, float, float]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in _CSV if name not in (reader.fieldnames or ())]
        if missing:
            found = ", ".join(reader.fieldnames or ()) or "nothing"
            raise InputError(str(path), "header", found=found, allowed=f"columns {', '.join(_CSV)}")
        for row in reader:
            yield _values(path, reader.line_num, _CSV, tuple(row[name] for name in _CSV))


def _json_rows(path: Path) -> Iterator[tuple[float, float, float]]:
    with path.open(encoding="utf-8") as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except json.JSONDecodeError as exc:
                raise InputError(str(path), f"line {line}", found=text[:40].strip(), allowed="JSON") from exc
            if not isinstance(row, dict):
                raise InputError(str(path), f"line {line}", found=text[:40].strip(), allowed="a JSON object")
            when, prompt, answer = _values(path, line, _JSON, tuple(row.get(name) for name in _JSON))
            yield when / MS_PER_S, prompt, answer


def _values(path: Path, line: int, names: tuple[str, ...], given: tuple[object, ...]) -> tuple[float, float, float]:
    numbers = []
    for name, value in zip(names, given, strict=True):
        number = _when(value) if name == "TIMESTAMP" else _count(value)
        if number is None:
            allowed = "a date and time, or seconds" if name == "TIMESTAMP" else "a number of at least 0"
            raise InputError(str(path), f"line {line}: {name}", found=value, allowed=allowed)
        numbers.append(number)
    return numbers[0], numbers[1], numbers[2]


def _count(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0.0 <= number < float("inf") else None


def _when(value: object) -> float | None:
    """Seconds: a number as it stands, or a date and time with up to seven decimals of a second."""
    number = _count(value)
    if number is not None:
        return number
    text = str(value).strip()
    whole, _, part = text.partition(".")
    try:
        return datetime.fromisoformat(whole).timestamp() + float(f"0.{part or 0}")
    except ValueError:
        return None


def replay_trace(
    catalog: Catalog, setup: Setup, requests: Requests, *, replicas: int, speed_up: float = 1.0, seed: int = SEED
) -> TraceReplay | str:
    """Serve a trace by so many replicas of a set-up at its mean speeds; a sentence where it does not fit.

    `speed_up` compresses the times between arrivals: 2 is twice the traffic.
    """
    missing = why_not_sized(setup)
    if missing is not None:
        return missing
    longest = float((requests.prompts + requests.answers).max())
    per_token, free = setup.model.kv_bytes_per_token or 0.0, free_bytes(catalog, setup)
    if per_token * longest > free:
        need = f"{per_token * longest / 1e9:.1f} GB of cache; {max(free, 0.0) / 1e9:.1f} GB are left"
        return f"a request of {longest:,.0f} tokens needs {need}"
    context = float((requests.prompts + requests.answers / 2.0).mean())
    cap = int(catalog.priors["serving.max_sequences"].a)
    batch = max(1, min(cap, int(free / max(per_token * context, 1.0))))
    speeds = speeds_of(catalog, (setup,), seed)
    sped = Requests(requests.arrivals / speed_up, requests.prompts, requests.answers)
    found = simulate(sped, _reads(speeds, requests.prompts), _line(speeds), max_batch=batch, replicas=replicas)
    ttft = found.ttft_s * MS_PER_S
    gaps = np.diff(sped.arrivals)
    p50, p95, p99 = (float(np.quantile(ttft, level)) for level in (0.5, 0.95, 0.99))
    return TraceReplay(
        replicas, batch, found, p50, p95, p99, found.tpot_s * MS_PER_S, float(gaps.var() / max(gaps.mean() ** 2, 1e-18))
    )


def _line(speeds: Speeds) -> StepLine:
    """The step's line at mean speeds of the one set-up."""
    empty, long = (
        speeds.step(np.zeros(speeds.step_factor.shape[1])),
        speeds.step(np.full(speeds.step_factor.shape[1], 1.0)),
    )
    each = float(empty.per_sequence.mean())
    return StepLine(
        base=float(empty.fixed.mean()),
        each=each,
        token=float(long.per_sequence.mean()) - each,
        resting=float(empty.resting.mean()) if resting_seconds(speeds.machine)[0] > 0.0 else 0.0,
        touch_share=float(speeds.machine.touch_share[0]),
    )


def _reads(speeds: Speeds, prompts: Floats) -> Floats:
    """Seconds that reading each prompt takes at mean speed, (N,)."""
    machine = speeds.machine
    flops = machine.flops_per_token[0] * prompts + 2.0 * machine.layers[0] * machine.hidden[0] * np.square(prompts)
    usual = np.full(speeds.step_factor.shape[1], float(np.mean(prompts)))
    mean = float(speeds.prefill_seconds(usual).mean())
    ideal = machine.flops_per_token[0] * usual[0] + 2.0 * machine.layers[0] * machine.hidden[0] * usual[0] ** 2
    return np.asarray(flops * mean / ideal)
