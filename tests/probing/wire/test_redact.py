"""Keys out of every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.probing.wire.redact import redact, secrets_of


@given(st.text(alphabet="abcdefXYZ0123456789", min_size=8, max_size=40), st.text(max_size=50), st.text(max_size=50))
def test_a_key_of_the_environment_is_in_no_text(key: str, before: str, after: str) -> None:
    assert key not in redact(f"{before} {key} {after}", secrets_of({"MY_API_KEY": key}))


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abc123DEF456",
        "Authorization: Bearer abc.def.ghi",
        "postgresql://user:hunter2@host/db",
        "https://host/v1?key=AIzaSyA1234567890abc",
        "key gsk_abcdefgh12345678 refused",
    ],
)
def test_what_looks_like_a_key_is_masked_although_nobody_named_it(text: str) -> None:
    told = redact(text, ())
    assert "***" in told
    for part in ("abc123DEF456", "abc.def.ghi", "hunter2", "AIzaSyA1234567890abc", "abcdefgh12345678"):
        assert part not in told


def test_a_long_text_becomes_one_short_line() -> None:
    told = redact("line\n" * 1000, ())
    assert "\n" not in told
    assert len(told) <= 240


def test_a_setting_that_is_no_secret_stays_readable() -> None:
    assert (
        redact("model gpt-4o-mini at localhost", secrets_of({"HOME": "localhost"})) == "model gpt-4o-mini at localhost"
    )
