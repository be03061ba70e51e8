"""A content hash of what beliefs use, kept up to date by each write and cheap to read.

Each fact is hashed by what it says and by which attempt it is about, never by the numbers that a store gives. A run's
digest is the sum of its facts' hashes modulo 2^60: adding and taking away are one step, the order of writes leaves no
trace, and two stores that hold the same facts agree (the multiset hash of Clarke et al., ASIACRYPT 2003).
"""

import hashlib
from datetime import UTC, datetime
from typing import Final

from planner.store.records import Attempt, Grade, Preference

MODULUS: Final = 2**60


def hash_text(*parts: object) -> str:
    """Hex SHA-256 of parts, told apart by a character that no part contains."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode("utf-8", "surrogatepass")).hexdigest()


def _number(*parts: object) -> int:
    return int(hash_text(*parts)[:15], 16)


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()


def attempt_key(attempt: Attempt) -> str:
    """Which attempt it is, in any store: run, model, item, condition, repeat, request and moment."""
    return hash_text(
        attempt.run,
        attempt.model,
        attempt.item,
        attempt.condition,
        attempt.repeat,
        attempt.request_hash,
        _moment(attempt.sent),
    )


def digest_of_attempt(attempt: Attempt) -> int:
    """Hash of an attempt as beliefs read it, below 2^60; 0 while it has no answer."""
    if attempt.state != "answered":
        return 0
    return _number(
        "attempt",
        attempt_key(attempt),
        attempt.cluster,
        attempt.warm_up,
        attempt.finish_reason,
        attempt.prompt_tokens,
        attempt.cached_tokens,
        attempt.completion_tokens,
        attempt.reasoning_tokens,
        attempt.ttft_ms,
        attempt.total_ms,
        attempt.gaps_ms,
        attempt.client_bound,
        attempt.streams,
        attempt.reused is None,
    )


def digest_of_grade(grade: Grade, key: str) -> int:
    """Hash of one grade of the attempt with this key, below 2^60."""
    return _number("grade", key, grade.grader, grade.score)


def digest_of_preference(preference: Preference) -> int:
    """Hash of a comparison, below 2^60."""
    parts = (preference.run, preference.item, preference.winner, preference.loser, preference.judge)
    # What an earlier form did not state adds nothing, so that its digests stay.
    more = (preference.condition, preference.tied) if preference.condition or preference.tied else ()
    return _number("preference", *parts, _moment(preference.judged), *more)
