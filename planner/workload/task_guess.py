"""What a segment's samples ask within their skill: plain rules on prompts and references, none where they disagree."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from planner.terms import TASK_KINDS, Skill, TaskKind
from planner.workload.samples import Sample

_AGREE: Final = 0.6
"""Share of the samples that must point to one kind."""
_READ: Final = 200
"""Samples that are looked at."""
_CALL_KEYS: Final = ({"name", "arguments"}, {"name", "parameters"}, {"function", "arguments"}, {"tool", "arguments"})
_QUERY: Final = r"\bselect\b.+\bfrom\b"
_SCHEMA: Final = r"\bcreate table\b|\bsql\b|\bquery\b.*\btables?\b"
_TEMPLATE: Final = r"\b(template|clause|fill in|placeholders?|boilerplate|standard (letter|form))\b"


def guess_task(skill: Skill, samples: Sequence[Sample]) -> TaskKind | None:
    """Kind that most samples point to; None where the skill has one kind, or the samples disagree or say nothing."""
    if skill not in TASK_KINDS or not samples:
        return None
    some = samples[:_READ]
    found = Counter(kind for sample in some if (kind := _kind(skill, sample)) is not None)
    if not found:
        return None
    kind, count = found.most_common(1)[0]
    return kind if count >= _AGREE * len(some) else None


def _kind(skill: Skill, sample: Sample) -> TaskKind | None:
    answer = sample.reference or ""
    if skill == "extraction":
        return _fields(answer)
    if skill == "coding":
        query = re.search(_QUERY, answer, re.IGNORECASE | re.DOTALL) or re.search(_SCHEMA, sample.prompt, re.IGNORECASE)
        return "text_to_sql" if query else "programming"
    if skill == "classification":
        return "open_labels" if "," in answer or "\n" in answer.strip() else "closed_labels"
    if skill == "writing":
        return "from_template" if re.search(_TEMPLATE, sample.prompt, re.IGNORECASE) else None
    if skill == "agentic":
        return "trained_calls" if _fields(answer) == "tool_calls" else None
    return None


def _fields(answer: str) -> TaskKind | None:
    """What a reference in JSON holds: a call, fields in fields, or plain fields; None where it is no JSON."""
    try:
        value = json.loads(answer)
    except ValueError:
        return None
    parts = value if isinstance(value, list) else [value]
    if not parts or not all(isinstance(part, dict) for part in parts):
        return None
    if all(any(keys <= part.keys() for keys in _CALL_KEYS) for part in parts):
        return "tool_calls"
    deep = isinstance(value, list) or any(isinstance(inner, dict | list) for part in parts for inner in part.values())
    return "nested_fields" if deep else "flat_fields"
