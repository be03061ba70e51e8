"""How a run asks; kept with the run as JSON, so that a resumed run asks the same."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from planner.probing.wire.messages import Timeouts
from planner.store.records import Target


class ProbeSettings(BaseModel):
    """Parameters of a run."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    repeats: Annotated[int, Field(ge=1, le=1000)] = 1
    """How often each item is asked."""
    conditions: tuple[str, ...] = ()
    """Conditions of the suite that are asked; all when empty."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """First items of the suite alone."""
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] | None = 0.0
    """None: the provider's own."""
    seed: int | None = None
    """Handed to providers that take one."""
    max_output_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """In place of the suite's."""
    concurrency: Annotated[int, Field(ge=1, le=1024)] = 4
    """Requests under way at once at each provider: few, so that latency is the server's."""
    timeouts: Timeouts = Timeouts()
    """Of each request."""
    fresh: bool = False
    """Ask although an equal request has been answered before."""
    allow_code: bool = False
    """Run code that models wrote, where the suite's grader asks for it."""
    judge: Target | None = None
    """Model that grades by rubric, and compares answers."""
    pairwise: bool = False
    """The judge compares the models' answers to the same items, two at a time, in both orders."""
    rate_per_s: Annotated[float, Field(gt=0.0, le=10_000.0)] | None = None
    """Load runs: requests a second that each model is sent, whether it keeps up or not."""
    seconds: Annotated[float, Field(gt=0.0, le=86_400.0)] | None = None
    """Load runs: for how long."""
    slo_ttft_ms: Annotated[float, Field(gt=0.0)] | None = None
    """Load runs: longest time to the first token of an answer that counts as good."""
    slo_total_ms: Annotated[float, Field(gt=0.0)] | None = None
    """Load runs: longest time of a whole answer that counts as good."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Load runs: processes that the requests are spread over."""
