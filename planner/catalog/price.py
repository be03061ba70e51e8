"""What a provider charges: rates by kind of token, steps by length, cheaper hours, announced changes."""

from dataclasses import dataclass
from datetime import date

from planner.units import MINUTES_PER_WEEK


@dataclass(frozen=True, slots=True)
class PriceStep:
    """Prices that hold for the whole request once its input exceeds `above_input_tokens`."""

    above_input_tokens: float
    input_usd_per_mtok: float | None
    output_usd_per_mtok: float | None
    cached_input_usd_per_mtok: float | None
    cache_write_usd_per_mtok: float | None
    reasoning_usd_per_mtok: float | None = None
    batch_input_usd_per_mtok: float | None = None
    batch_output_usd_per_mtok: float | None = None
    batch_cached_input_usd_per_mtok: float | None = None
    batch_cache_write_usd_per_mtok: float | None = None


@dataclass(frozen=True, slots=True)
class OffPeak:
    """Rates of a provider's cheaper hours; None: as in the other hours. They hold whatever the prompt's length."""

    hours: tuple[tuple[int, int], ...]
    """Half-open spans of minutes of the UTC week, 0 is Monday 00:00; ascending."""
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    cached_input_usd_per_mtok: float | None = None
    cache_write_usd_per_mtok: float | None = None
    reasoning_usd_per_mtok: float | None = None

    @property
    def week_share(self) -> float:
        """Share of the week that they cover."""
        return sum(end - start for start, end in self.hours) / MINUTES_PER_WEEK


@dataclass(frozen=True, slots=True)
class Price:
    """What a provider charges; USD per million tokens."""

    input_usd_per_mtok: float
    output_usd_per_mtok: float
    cached_input_usd_per_mtok: float | None = None
    cache_write_usd_per_mtok: float | None = None
    reasoning_usd_per_mtok: float | None = None
    """Hidden reasoning tokens; as output when None."""
    batch_input_usd_per_mtok: float | None = None
    batch_output_usd_per_mtok: float | None = None
    batch_cached_input_usd_per_mtok: float | None = None
    batch_cache_write_usd_per_mtok: float | None = None
    request_usd: float = 0.0
    steps: tuple[PriceStep, ...] = ()
    """Ascending by threshold; a step states every price that holds above it, None as in the price itself."""
    off_peak: OffPeak | None = None
    """None: the same at all hours."""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """An announced change of all token prices."""

    starts: date
    factor: float
    """New price over the price before."""
