"""A probe suite from traffic: so many different prompts of each segment, redacted, as JSON lines of samples."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir

from planner.errors import InputError
from planner.logs.opening.engines import rows_of
from planner.logs.read import Log
from planner.logs.samples.redact import redact_text
from planner.logs.samples.texts import plain_answer, plain_prompt
from planner.workload.samples import MAX_PROMPT_CHARACTERS
from planner.workload.yaml_text import Said

_SPARE: Final = 4
"""Drawn beyond what is asked for, since equal prompts are taken once."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One prompt of a log, redacted."""

    segment: str
    prompt: str
    reference: str | None
    """The answer that was served, when asked for."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Prompts drawn from a log, and what was taken out of them."""

    samples: tuple[Drawn, ...]
    redacted: Counter[str]
    """Places, by kind."""


def draw_samples(log: Log, per_segment: int, *, answers: bool = False) -> Draw:
    """Different prompts of every segment, the same ones each time the same log is read.

    Args:
        log: Read with its texts.
        per_segment: Most prompts of one segment.
        answers: Give the served answers as references: what was answered, right or not.

    Raises:
        InputError: the log keeps no prompts.

    """
    with_prompts = _with_prompts(log)
    order = ibis.row_number().over(group_by="segment", order_by=[with_prompts.prompt.hash(), "prompt"])
    numbered = with_prompts.select("segment", "prompt", "answer").mutate(place=order)
    taken = numbered.filter(numbered.place < per_segment * _SPARE).order_by(["segment", "place"])
    redacted: Counter[str] = Counter()
    samples = tuple(
        _different(rows_of(log.engine, taken, log.source).to_pylist(), per_segment, redacted, answers=answers)
    )
    return Draw(samples, redacted)


def _with_prompts(log: Log) -> ir.Table:
    if "prompt" not in log.given:
        found = Said("a log without prompts")
        raise InputError(log.source, "prompts", found=found, allowed="a log that keeps them, or --map with prompt")
    served = log.requests.filter((log.requests.kind == "served") & log.requests.prompt.notnull())
    return served.mutate(segment=served.segment.fill_null("other"))


def _different(
    rows: list[dict[str, str | None]], per_segment: int, redacted: Counter[str], *, answers: bool
) -> Iterator[Drawn]:
    seen: set[tuple[str, str]] = set()
    taken: Counter[str] = Counter()
    for row in rows:
        segment = str(row["segment"])
        prompt = plain_prompt(row["prompt"] or "").strip()[:MAX_PROMPT_CHARACTERS]
        if not prompt or taken[segment] >= per_segment:
            continue
        clean, found = redact_text(prompt)
        if (segment, clean) in seen:
            continue
        seen.add((segment, clean))
        taken[segment] += 1
        redacted.update(found)
        reference = None
        if answers and row["answer"]:
            reference, more = redact_text(plain_answer(row["answer"]))
            redacted.update(more)
        yield Drawn(segment, clean, reference or None)
