"""Keys out of every text that is kept or shown."""

import re
from collections.abc import Mapping
from typing import Final

_SECRET_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_SHORTEST: Final = 8
_LONGEST_LINE: Final = 240
_LOOKS_SECRET: Final = re.compile(
    r"(?:\b(?:sk|pk|rk|gsk|xai|hf|key|AIza)[-_][A-Za-z0-9_\-*.]{6,}|\bAIza[A-Za-z0-9_\-]{10,}|(?<=Bearer )\S+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|(?<=[?&]key=)[^&\s]+)"
)
"""The usual shapes of keys, a bearer's token, a password or a key inside an address."""
MASK: Final = "***"


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Values of the environment that may be keys, the longest first."""
    found = {
        value for name, value in environment.items() if _SECRET_NAME.search(name) and len(value.strip()) >= _SHORTEST
    }
    return tuple(sorted(found, key=len, reverse=True))


def redact(text: str, secrets: tuple[str, ...]) -> str:
    r"""One short line without any of the secrets and without what looks like one.

    >>> redact("Incorrect API key provided: sk-abc123456789\n", ("hunter2hunter2",))
    'Incorrect API key provided: ***'
    """
    for secret in secrets:
        text = text.replace(secret, MASK)
    line = " ".join(_LOOKS_SECRET.sub(MASK, text).split())
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"
