"""A profile as a workload: what the log tells is given, what it cannot tell is assumed and listed first."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from planner.errors import InputError
from planner.logs.profile.profile import Profile, SegmentProfile
from planner.logs.profile.volume import DAY_S
from planner.terms import SKILLS, Skill
from planner.units import SECONDS_PER_MONTH
from planner.workload.load import check_workload
from planner.workload.schema import Workload
from planner.workload.yaml_text import Said

_SKILL: Final[Skill] = "chat"
_UNFIT: Final = re.compile(r"[^A-Za-z0-9 _.\-]+")
_LEAST_SHARE: Final = 1e-6
_FEW: Final = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user says beside the log."""

    name: str = "Traffic"
    requests_per_month: float | None = None
    """Of all segments together."""
    skill: Skill | None = None
    """Of every segment without one of its own."""
    skills: Mapping[str, Skill] = field(default_factory=dict)
    """By segment."""
    guessed: Mapping[str, tuple[Skill, str]] = field(default_factory=dict)
    """Skill and reason by segment, where prompts gave a guess."""


def parse_skills(given: Sequence[str]) -> tuple[Skill | None, dict[str, Skill]]:
    """Skills as said on the command line: 'chat' for all, 'triage=classification' for one segment."""
    overall: Skill | None = None
    by_segment: dict[str, Skill] = {}
    for text in given:
        segment, sign, skill = text.rpartition("=")
        known = next((one for one in SKILLS if one == skill.strip()), None)
        if known is None:
            raise InputError("--skill", segment, found=skill, allowed=f"one of {', '.join(SKILLS)}")
        if sign:
            by_segment[segment] = known
        else:
            overall = known
    return overall, by_segment


def workload_of(profile: Profile, asked: Asked) -> Workload:
    """The workload that a log describes.

    Given are volumes (of a log of a week and more), token lengths, growth, peaks, turns, cached prefixes, today's
    model and the share of failures. Assumed, and told in `assumed`, are a volume that the log is too short for and
    a skill that no one named.

    Raises:
        InputError: the log has no times and no volume was given, counts no requests, or a named segment is not there.

    """
    _check_segments(profile, asked)
    counted = profile.segments if profile.served > 0 else _counted(profile, asked)
    segments = [part for part in counted if part.served > 0 and part.means.get("input_tokens", 0.0) > 0]
    if not segments:
        raise InputError(profile.source, "tokens", found=Said("no served request with tokens"), allowed="at least one")
    months, assumed = _monthly(profile, segments, asked)
    hit_share = _hit_share(segments)
    names = fitting_names([part.name for part in segments])
    data: dict[str, Any] = {"version": 1, "name": asked.name, "segments": []}
    notes: list[dict[str, str]] = [
        {"path": f"segments.{name}.requests_per_month", "reason": assumed} for name in names if assumed
    ]
    for part, name, month in zip(segments, names, months, strict=True):
        skill, reason = _skill(part, asked)
        if reason:
            notes.append({"path": f"segments.{name}.skill", "reason": reason})
        data["segments"].append(_segment(profile, part, name, month, skill, hit_share))
    if profile.volume is not None and profile.volume.growth_per_month is not None:
        data["growth_per_month"] = round(profile.volume.growth_per_month, 4)
    learnt = _learnt(profile, hit_share)
    if learnt:
        data["assumptions"] = learnt
    if notes:
        data["assumed"] = notes
    return check_workload(data, profile.source)


def _counted(profile: Profile, asked: Asked) -> Sequence[SegmentProfile]:
    """Segments of a report that counts no requests, with those that the user gave, shared out by their tokens."""
    if asked.requests_per_month is None or profile.volume is None or profile.volume.span_s <= 0:
        found = Said("a report that counts no requests")
        raise InputError(profile.source, "requests", found=found, allowed="--requests-per-month N beside it")
    total = sum(part.sums["input_tokens"] for part in profile.segments)
    requests = asked.requests_per_month * profile.volume.span_s / SECONDS_PER_MONTH
    counted = []
    for part in profile.segments:
        own = requests * part.sums["input_tokens"] / total if total else 0.0
        means = {name: value / own for name, value in part.sums.items()} if own else {}
        counted.append(replace(part, requests=own, served=own, means=means))
    return counted


def _check_segments(profile: Profile, asked: Asked) -> None:
    there = [part.name for part in profile.segments]
    for name in asked.skills:
        if name not in there:
            raise InputError("--skill", "", found=name, allowed=f"a segment of the log: {', '.join(there[:12])}")


def _monthly(profile: Profile, segments: Sequence[SegmentProfile], asked: Asked) -> tuple[list[float], str]:
    """Requests a month of each segment, and why they are assumed; '' when they are not."""
    total = sum(part.requests for part in segments)
    shares = [max(part.requests / total, _LEAST_SHARE) for part in segments]
    if asked.requests_per_month is not None:
        return [asked.requests_per_month * share for share in shares], ""
    volume = profile.volume
    if volume is None or volume.per_month is None:
        found = Said("a log that tells no volume: it has no times")
        raise InputError(profile.source, "requests_per_month", found=found, allowed="--requests-per-month N")
    each = [part.volume.per_month if part.volume is not None else None for part in segments]
    months = [
        own if own is not None and own > 0 else share * volume.per_month
        for own, share in zip(each, shares, strict=True)
    ]
    if volume.whole_month:
        return months, ""
    spans = f"The log spans {_stretch(volume.span_s)}; a month is taken as that stretch repeated."
    return months, f"{spans} --requests-per-month says it."


def _stretch(seconds: float) -> str:
    for size, word in ((DAY_S, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= size:
            return f"{seconds / size:.3g} {word}"
    return f"{seconds:.3g} seconds"


def _skill(part: SegmentProfile, asked: Asked) -> tuple[Skill, str]:
    if part.name in asked.skills:
        return asked.skills[part.name], ""
    if asked.skill is not None:
        return asked.skill, ""
    if part.name in asked.guessed:
        skill, reason = asked.guessed[part.name]
        return skill, f"Guessed from the prompts ({reason})."
    return _SKILL, "A log of lengths does not tell what requests exercise; --skill says it."


def _segment(
    profile: Profile, part: SegmentProfile, name: str, month: float, skill: Skill, hit_share: float | None
) -> dict[str, Any]:
    mean_input = part.means["input_tokens"]
    segment: dict[str, Any] = {
        "name": name,
        "skill": skill,
        "requests_per_month": _rounded(month),
        "input_tokens": _tokens(part, "input_tokens"),
        "output_tokens": _tokens(part, "output_tokens"),
    }
    shared = _shared_prefix(profile, part, hit_share)
    if shared:
        segment["shared_prefix_tokens"] = float(min(round(shared), math.floor(segment["input_tokens"]["mean"])))
    if part.turns is not None and part.turns > 1:
        segment["turns_per_conversation"] = round(min(part.turns, 1000.0), 2)
    if part.volume is not None and part.volume.peak_to_mean is not None:
        segment["peak_to_mean"] = round(part.volume.peak_to_mean, 2)
    if "input_tokens" in part.spreads and "output_tokens" in part.spreads:
        p99 = part.spreads["input_tokens"].quantile(0.99) + part.spreads["output_tokens"].quantile(0.99)
        segment["context_p99_tokens"] = float(math.ceil(max(p99, mean_input)))
    today = _today(part)
    if today:
        segment["today"] = today
    return segment


def _tokens(part: SegmentProfile, column: str) -> dict[str, float]:
    """Mean and p95 of a count, the mean at least 1; logs of sums tell no p95."""
    mean = max(round(part.means.get(column, 0.0), 1), 1.0)
    if column not in part.spreads:
        return {"mean": mean}
    return {"mean": mean, "p95": float(max(math.ceil(part.spreads[column].quantile(0.95)), math.ceil(mean)))}


def _hit_share(segments: Sequence[SegmentProfile]) -> float | None:
    """Share of requests that read from a prompt cache, over segments that read at all; None where none does."""
    asked = read = 0.0
    for part in segments:
        spread = part.spreads.get("cached_tokens")
        if spread is None or spread.largest <= 0:
            continue
        asked += part.served
        read += float(spread.counts[spread.values > 0].sum())
    return read / asked if asked and read else None


def _shared_prefix(profile: Profile, part: SegmentProfile, hit_share: float | None) -> float:
    """Prefix that requests share: what is read from the cache over the hit share, or what prefix hashes repeat."""
    if hit_share is not None and part.means.get("cached_tokens", 0.0) > 0:
        return part.means["cached_tokens"] / hit_share
    if profile.prefix_share is not None:
        return profile.prefix_share * part.means["input_tokens"]
    return 0.0


def _today(part: SegmentProfile) -> dict[str, Any] | None:
    """The model of the catalog that serves most of a segment."""
    served: dict[str, float] = {}
    for use in part.uses:
        if use.model is not None:
            served[use.model] = served.get(use.model, 0.0) + use.requests
    if not served or part.served <= 0:
        return None
    model = max(served, key=lambda name: (served[name], name))
    return {"model": model, "share": round(min(served[model] / part.served, 1.0), 4)}


def _learnt(profile: Profile, hit_share: float | None) -> dict[str, float]:
    """Assumptions that the log replaces: hits of the prompt cache, and the share of requests that failed."""
    learnt = {} if hit_share is None else {"cache_hit_share": round(min(hit_share, 1.0), 4)}
    requests = profile.served + profile.failed
    if profile.failed > 0 and requests >= _FEW:
        learnt["retry_share"] = round(profile.failed / requests, 5)
    return learnt


def fitting_names(found: Sequence[str]) -> list[str]:
    """Names that a workload allows, each its own."""
    names: list[str] = []
    for place, one in enumerate(found, 1):
        name = re.sub(r"^[^A-Za-z0-9]+", "", _UNFIT.sub("-", one))[:56].strip(" -") or f"segment {place}"
        count = 2
        tried = name
        while tried in names:
            tried, count = f"{name} {count}", count + 1
        names.append(tried)
    return names


def _rounded(month: float) -> float:
    """Three significant figures are all that a month is known to; whole requests at least one."""
    if month >= 1000:
        digits = 3 - math.floor(math.log10(month)) - 1
        return float(round(month, digits))
    return float(max(round(month, 1), 1.0))
