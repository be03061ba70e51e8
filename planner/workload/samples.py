"""Sample prompts: a JSONL of {prompt, reference} and its token counts. Nothing leaves the machine."""

import difflib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from planner.errors import InputError
from planner.units import Floats, Ints
from planner.workload.schema import TokenDistribution, Workload
from planner.workload.tokens import Tokenizer, count_tokens, encode
from planner.workload.yaml_text import Said, printable, read_text

MAX_BYTES: Final = 20_000_000
"""Largest samples file."""
MAX_SAMPLES: Final = 20_000
MAX_PROMPT_CHARACTERS: Final = 1_000_000
_LINE: Final = '{"prompt": "...", "reference": "..."}'
_BINS: Final = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """One real request, with the answer that would be right when someone knows it."""

    prompt: str
    reference: str | None


@dataclass(frozen=True, slots=True, eq=False)
class TokenProfile:
    """Tokens of the samples: mean, 95th percentile and a histogram."""

    counts: Ints
    """Tokens of each sample, shape (n,)."""
    mean: float
    p95: float
    """Empirical 95th percentile, never below the mean."""
    bin_edges: Floats
    """Edges of the histogram in tokens, shape (bins + 1,)."""
    bin_counts: Ints
    """Samples in each bin, shape (bins,)."""

    @property
    def distribution(self) -> TokenDistribution:
        """As the workload writes it, rounded to whole tokens."""
        mean = max(round(self.mean), 1)
        return TokenDistribution(mean=mean, p95=max(round(self.p95), mean))


@dataclass(frozen=True, slots=True, eq=False)
class SampleProfile:
    """What the samples say about a segment's tokens, by one tokenizer."""

    tokenizer: Tokenizer
    samples: int
    prompt: TokenProfile
    answer: TokenProfile | None
    """None when no sample has a reference."""
    shared_prefix_tokens: int
    """Leading tokens that all prompts share; 0 with fewer than two prompts."""


def read_samples(path: Path, name: str | None = None) -> tuple[Sample, ...]:
    """Samples of a JSONL file of at most 20 MB; InputError with the line of the first that is wrong."""
    shown = printable(name or str(path))
    return parse_samples(read_text(path, shown, MAX_BYTES), shown)


def referenced_samples(workload: Workload, folder: Path) -> dict[str, int]:
    """How many samples of each segment have a reference, by segment; what cannot be read in `folder` counts as none."""
    counts: dict[str, int] = {}
    for segment in workload.segments:
        if segment.samples is None:
            continue
        with suppress(InputError):
            counts[segment.name] = sum(one.reference is not None for one in read_samples(folder / segment.samples))
    return counts


def parse_samples(text: str, name: str = "samples.jsonl") -> tuple[Sample, ...]:
    """Samples of a JSONL text; empty lines are skipped; InputError with the line of the first that is wrong."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise InputError(name, "", found=Said("no samples"), allowed=f"one {_LINE} a line")
    if len(lines) > MAX_SAMPLES:
        raise InputError(name, "", found=Said(f"{len(lines):,} lines"), allowed=f"at most {MAX_SAMPLES:,} samples")
    return tuple(_parse_line(line, f"line {number}", name) for number, line in lines)


def _parse_line(line: str, where: str, name: str) -> Sample:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as exc:
        found = Said(exc.msg.lower() if isinstance(exc, json.JSONDecodeError) else "text that is no JSON")
        raise InputError(name, where, found=found, allowed=_LINE) from None
    if not isinstance(row, dict):
        raise InputError(name, where, found=Said(f"a {type(row).__name__}"), allowed=_LINE)
    for key in row:
        if key not in {"prompt", "reference"}:
            close = difflib.get_close_matches(key, ["prompt", "reference"], n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise InputError(name, f"{where}, {printable(key)}", found=Said("an unknown field"), allowed=_LINE + hint)
    prompt, reference = row.get("prompt"), row.get("reference")
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > MAX_PROMPT_CHARACTERS:
        size = Said(f"{len(prompt):,} characters") if isinstance(prompt, str) else prompt
        allowed = f"text of 1 to {MAX_PROMPT_CHARACTERS:,} characters"
        raise InputError(name, f"{where}, prompt", found=size, allowed=allowed)
    if reference is not None and not isinstance(reference, str):
        raise InputError(name, f"{where}, reference", found=reference, allowed="text, or leave it out")
    return Sample(prompt, reference)


def profile_samples(samples: Sequence[Sample], tokenizer: Tokenizer = "o200k_base") -> SampleProfile:
    """Token counts of prompts and references, their histograms, and the prefix that all prompts share."""
    prompts = encode([sample.prompt for sample in samples], tokenizer)
    answers = count_tokens([sample.reference for sample in samples if sample.reference], tokenizer)
    return SampleProfile(
        tokenizer=tokenizer,
        samples=len(samples),
        prompt=_token_profile([len(tokens) for tokens in prompts]),
        answer=_token_profile(answers) if answers else None,
        shared_prefix_tokens=_shared_prefix(prompts),
    )


def _token_profile(lengths: Sequence[int]) -> TokenProfile:
    counts = np.array(lengths, dtype=np.int64)
    mean = float(counts.mean())
    bin_counts, edges = np.histogram(counts, bins=min(_BINS, max(len(counts) // 2, 1)))
    p95 = max(float(np.quantile(counts, 0.95)), mean)
    return TokenProfile(counts, mean, p95, edges.astype(np.float64), bin_counts.astype(np.int64))


def _shared_prefix(prompts: Sequence[Sequence[int]]) -> int:
    if len(prompts) < 2:
        return 0
    shared = 0
    for column in zip(*prompts, strict=False):
        if len(set(column)) > 1:
            break
        shared += 1
    return shared
