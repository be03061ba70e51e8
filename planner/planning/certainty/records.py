"""What doubt costs, as a plan tells it: the curve, measuring first, trying first, and cliffs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CertaintyStep:
    """One plan of the curve of cost against confidence, from the confidence of the step before up to this one."""

    confidence: float
    """Highest confidence at which this plan is the answer, to within two hundredths."""
    total_cost_usd: float
    """What is minimised, a month, at its optimum."""
    monthly_cost_usd: float
    """The bill, mean."""
    changes: tuple[str, ...]
    """What the step takes beside the one below: 'handbook-answers: Gemini 3.5 Flash instead of GPT-6 Luna'."""
    knee: bool = False
    """Whether the curve bends most here: what comes above costs most for each further point."""


@dataclass(frozen=True, slots=True)
class Cliff:
    """A limit at which the cost steps."""

    segment: str
    """'' for a limit of the whole plan."""
    limit: str
    """Path: 'latency.ttft_p95_ms'."""
    value: str
    """The limit now, as a person reads it."""
    loosened: str
    """Where the step lies."""
    saves_usd: float
    """What the limit there costs less a month than now, of what is minimised."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One kind of request served by something cheaper first."""

    segment: str
    start: str
    """Tool to begin with."""
    test: str
    """What decides."""
    fallback: str
    """Tool that follows where the test fails: the safe plan's."""
    chance: float
    """That what it starts with holds its limits."""


@dataclass(frozen=True, slots=True)
class TryFirst:
    """The cheaper plan first, the safe one where it fails."""

    segments: tuple[Trial, ...]
    expected_total_cost_usd: float
    """A month over the horizon: each trial holds with its chance, else its segment is paid once more for a month."""


@dataclass(frozen=True, slots=True)
class MeasuredFirst:
    """Probes that pay, and the expected cost afterwards."""

    probes: tuple[str, ...]
    """Each as a sentence, the best first."""
    cost_usd: float
    hours: float
    """Of people, for references that are missing."""
    expected_total_cost_usd: float
    """A month over the horizon, the probes' cost included; segments are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """What doubt costs."""

    curve: tuple[CertaintyStep, ...]
    cliffs: tuple[Cliff, ...]
    measured_first: MeasuredFirst | None
    """None where no probe pays."""
    try_first: TryFirst | None
    """None where nothing cheaper is likely to hold."""
