"""Which reader a log is for: by its columns, the more particular formats first."""

from collections.abc import Sequence
from typing import Final

from planner.errors import InputError
from planner.logs.readers.base import Reader
from planner.logs.readers.hosted import HELICONE, OPENROUTER, OPENROUTER_DAYS
from planner.logs.readers.langfuse import LANGFUSE
from planner.logs.readers.litellm import LITELLM, LITELLM_DAILY
from planner.logs.readers.otel import OTEL
from planner.logs.readers.traces import AZURE, BURST, LENGTHS, MOONCAKE, PLAIN
from planner.logs.readers.usage_reports import ANTHROPIC_USAGE, OPENAI_USAGE
from planner.workload.yaml_text import Said

READERS: Final[tuple[Reader, ...]] = (
    OTEL,
    OPENAI_USAGE,
    ANTHROPIC_USAGE,
    LITELLM,
    LITELLM_DAILY,
    LANGFUSE,
    HELICONE,
    OPENROUTER,
    OPENROUTER_DAYS,
    AZURE,
    MOONCAKE,
    BURST,
    LENGTHS,
    PLAIN,
)


def choose_reader(columns: Sequence[str], shown: str) -> Reader:
    """The reader whose columns a file has; InputError tells what there is and what to do."""
    for reader in READERS:
        if reader.fits(columns):
            return reader
    found = ", ".join(columns[:12]) + (", …" if len(columns) > 12 else "")
    formats = ", ".join(reader.title for reader in READERS)
    allowed = f"the columns of one of these: {formats}; or say which column is which with --map (--preview writes one)"
    raise InputError(shown, "columns", found=Said(found or "none"), allowed=allowed)
