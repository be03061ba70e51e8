"""What the store keeps: runs of probes with every attempt and grade, the user's evidence, and plans as JSON text.

Plain frozen records. Times are UTC and aware; money is USD; durations are milliseconds. The store knows neither
plans nor beliefs nor suites: suites and plans come in as text with a hash.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from planner.catalog.price import Price
from planner.store.streaming import tokens_after_first, was_streamed

RunStatus: TypeAlias = Literal["running", "finished", "cap", "stopped"]
"""running: going on, or killed in the middle; cap: the spending cap stopped it; stopped: the user did."""
AttemptState: TypeAlias = Literal["sent", "answered", "failed"]
"""sent: reserved and on its way, or in doubt when its process died; failed: no answer, with the reason."""
Choice: TypeAlias = Literal["", "first", "second", "tie"]
"""Which of two answers a judge prefers; '': not known, or not to be read."""


@dataclass(frozen=True, slots=True)
class Target:
    """A model as a run reaches it."""

    name: str
    """What the user wrote: 'gpt-4o-mini', 'local/smollm2'; the name under which results are shown."""
    litellm_model: str
    """litellm's own name of it, 'openai/smollm2'."""
    catalog_model: str | None
    """Id in the catalog; None: the catalog doesn't know it, and no belief is moved by it but its own."""
    provider: str
    """Provider id of the catalog, 'local' or 'custom': concurrency and latency are kept by provider."""
    api_base: str | None
    input_usd_per_mtok: float | None
    """Stated or catalog price; None: unknown, which a paid run refuses."""
    cached_input_usd_per_mtok: float | None
    output_usd_per_mtok: float | None
    price: Price | None = None
    """All that an offer charges, where that is more than the three rates: long-context steps, reasoning, a fee."""
    api_key_env: str | None = None
    """Variable of the environment that holds the key of `api_base`; None: it is sent no key. Never the key itself."""


@dataclass(frozen=True, slots=True)
class Run:
    """One command's attempts."""

    id: str
    """Sortable and short: 'r20261124-101500-3fa2'."""
    kind: Literal["probe", "load"]
    suite: str
    """Name of the suite."""
    suite_hash: str
    skill: str
    workload: str | None
    """Name of the workload whose segment the suite stands for; None: a suite of its skill in general."""
    segment: str | None
    """Segment that the items are samples of."""
    targets: tuple[Target, ...]
    settings: str
    """Parameters as JSON text: temperature, max output tokens, repeats, concurrency, request rate, condition ..."""
    budget_usd: float
    status: RunStatus
    created: datetime
    finished: datetime | None
    planner_version: str
    grader: str = ""
    """Grader whose scores count, as `Grade.grader` has it; '': the one that graded first. People come before it."""
    imported: bool = False
    """It came from a file: evidence to read. Nothing is sent for it before addresses, prices and cap are said anew."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and what came back."""

    id: int | None
    """Given by the store."""
    run: str
    model: str
    """`Target.name`."""
    item: str
    """Id of the item in its suite."""
    condition: str
    """How the item was asked: 'plain', or the suite's condition, such as 'closed_book' or 'with_context'."""
    repeat: int
    request_hash: str
    """Hash of model, messages and parameters: equal requests have one answer unless a fresh one is asked for."""
    cluster: str
    """Items of one document share it; repeats of one item do too: what errors are clustered by."""
    state: AttemptState
    sent: datetime
    warm_up: bool
    """Sent to warm connections and caches: graded, but no part of the latency samples."""
    reserved_usd: float
    """Worst-case cost reserved before it left; counts as spent until an answer says less."""
    cost_usd: float | None
    """Our figure for what it cost; None until answered."""
    litellm_cost_usd: float | None
    answer: str | None
    finish_reason: str | None
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    """Output tokens, reasoning included."""
    reasoning_tokens: int | None
    ttft_ms: float | None
    """Request sent to first token received, at the transport."""
    total_ms: float | None
    gaps_ms: tuple[float, ...]
    """Gaps between successive streamed chunks, at the transport."""
    loop_lag_ms: float | None
    """Worst event-loop lag while it was under way."""
    client_bound: bool
    """The client lagged: its times measure us, not the server, and enter no fit."""
    streams: int
    """Requests under way at once, by this process, when it was sent."""
    error: str | None
    """Kind and one line: 'rate_limit: ...'; never a key."""
    reused: int | None
    """Attempt whose stored answer this repeats, at no cost; 0: one of a store that this was imported from."""

    @property
    def counted_usd(self) -> float:
        """What counts as spent: the cost, or the reservation where it isn't known."""
        return self.reserved_usd if self.cost_usd is None else self.cost_usd

    @property
    def tpot_ms(self) -> float | None:
        """Time per output token after the first, hidden reasoning left out; None without times or a second token."""
        if self.ttft_ms is None or self.total_ms is None or self.completion_tokens is None:
            return None
        after = tokens_after_first(
            self.completion_tokens, self.reasoning_tokens or 0, streamed=bool(self.reasoning_streamed)
        )
        return (self.total_ms - self.ttft_ms) / after if after else None

    @property
    def reasoning_streamed(self) -> bool | None:
        """Whether its reasoning arrived as tokens, or was hidden before the first; None without times."""
        if self.ttft_ms is None or self.total_ms is None:
            return None
        reasoning = self.reasoning_tokens or 0
        visible = max((self.completion_tokens or 0) - reasoning, 0)
        chunks = len(self.gaps_ms) + 1 if self.gaps_ms else None
        return was_streamed(visible, reasoning, chunks, self.ttft_ms, self.total_ms)


@dataclass(frozen=True, slots=True)
class Grade:
    """One judgement of one attempt; several graders may judge it."""

    attempt: int
    grader: str
    """'exact_match', 'llm_judge:<model>', 'human:<who>' ..."""
    score: float
    """0 to 1."""
    detail: str
    cost_usd: float
    graded: datetime


@dataclass(frozen=True, slots=True)
class Preference:
    """A pairwise comparison of two answers to one item."""

    run: str
    item: str
    winner: str
    """`Target.name`."""
    loser: str
    judge: str
    cost_usd: float
    """0 where the verdicts that it was made of hold it."""
    judged: datetime
    condition: str = ""
    """How both were asked; '': not stated."""
    tied: bool = False
    """Neither is better, or the verdict turned with the order: half a win for each."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One request to a judge about two answers, in this order; two of them with the order swapped make a comparison."""

    id: int | None
    """Given by the store."""
    run: str
    item: str
    condition: str
    first: str
    """`Target.name` of the answer that stood first."""
    second: str
    judge: str
    state: AttemptState
    choice: Choice
    detail: str
    """The judge's reason, or why there is no verdict; one line."""
    reserved_usd: float
    cost_usd: float | None
    """None: not known, and the reservation counts as spent."""
    sent: datetime

    @property
    def counted_usd(self) -> float:
        """What counts as spent: the cost, or the reservation where it isn't known."""
        return self.reserved_usd if self.cost_usd is None else self.cost_usd


@dataclass(frozen=True, slots=True)
class EvidenceScore:
    """A score from a connector or the user's own table: kept here, never shipped."""

    connector: str
    """'artificial-analysis', or 'user' with the file's name in `source`."""
    model: str
    variant: str
    benchmark: str
    skill: str
    score: float
    """Share, 0 to 1; a rating where `unit` says so."""
    n: int | None
    measured: date | None
    source: str
    """Address or file name; shown beside the figure as its attribution."""
    fetched: datetime
    unit: Literal["share", "elo"] = "share"
    chance: float = 0.0
    """Share that guessing gets, of a benchmark that the catalog doesn't know."""
    maker: str = ""
    """This and the following: what the source says of a model that the catalog doesn't know."""
    family: str = ""
    released: date | None = None
    total_params_b: float | None = None
    active_params_b: float | None = None


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan as JSON text."""

    hash: str
    workload: str
    kept: datetime
    text: str


class GradedAnswer(NamedTuple):
    """An answer with the score that counts: what quality is learnt from."""

    run: Run
    attempt: Attempt
    score: float
    """0 to 1: the mean of people's grades, else the run's grader's."""


class TimedAnswer(NamedTuple):
    """An answer whose times are the server's: what latency is learnt from."""

    run: Run
    attempt: Attempt


class Spending(NamedTuple):
    """What a run has spent, USD."""

    spent_usd: float
    """Paid, or taken as paid because nobody knows: answers, failures and grading."""
    committed_usd: float
    """That, and what is reserved for requests under way or in doubt: what the cap bounds."""
