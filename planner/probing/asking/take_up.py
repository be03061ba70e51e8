"""Taking up a run where its last process left it."""

from collections.abc import Mapping
from dataclasses import dataclass

from planner.errors import InputError
from planner.probing.asking.imported import SAY_ANEW
from planner.probing.asking.job import Job, Key, PairKey, PickNext, ShouldStop
from planner.probing.asking.progress import Counts
from planner.probing.asking.writer import Writer
from planner.probing.costs import is_free
from planner.probing.judging.grading import new_grading
from planner.probing.judging.pairs import count_verdicts
from planner.probing.settings import ProbeSettings
from planner.probing.suites.suite import Suite
from planner.probing.tasks import count_tasks
from planner.probing.wire.litellm_client import LiteLLMClient
from planner.store.attempts import iter_attempts
from planner.store.database.engine import Store
from planner.store.grades import grades_of
from planner.store.records import Attempt, Run, Verdict
from planner.store.runs import read_run, read_suite_text, spending
from planner.store.verdicts import verdicts_of


@dataclass(frozen=True, slots=True)
class Resumed:
    """What the store knows of a run."""

    run: Run
    suite: Suite
    settings: ProbeSettings
    done: frozenset[Key]
    """Answered."""
    in_doubt: frozenset[Key]
    """Perhaps paid for, and not to be asked again."""
    ungraded: Mapping[Key, Attempt]
    """Answered, and its process died before it was graded."""
    committed_usd: float
    """Paid or reserved."""
    verdicts: Mapping[PairKey, Verdict]
    """What the judge has said of pairs."""
    verdicts_in_doubt: frozenset[PairKey]
    """What the judge was asked, was perhaps paid for, and is not to be asked again."""

    def job(
        self,
        store: Store,
        writer: Writer,
        client: LiteLLMClient,
        addresses: Mapping[str, str],
        should_stop: ShouldStop,
        pick_next: PickNext | None,
    ) -> Job:
        """The state that this process works on."""
        counts = Counts(
            total=count_tasks(self.suite, self.run.targets, self.settings)
            + count_verdicts(self.suite, self.run.targets, self.settings),
            cap_usd=self.run.budget_usd,
            spent_usd=self.committed_usd,
            answered=len(self.done),
            judged=len(self.verdicts),
            already=len(self.done) + len(self.verdicts),
            in_doubt=len(self.in_doubt) + len(self.verdicts_in_doubt),
        )
        return Job(
            store=store,
            writer=writer,
            client=client,
            run=self.run,
            suite=self.suite,
            settings=self.settings,
            grading=new_grading(self.suite, self.settings),
            counts=counts,
            addresses=addresses,
            done=self.done,
            in_doubt=self.in_doubt,
            should_stop=should_stop,
            pick_next=pick_next,
            verdicts=self.verdicts,
            verdicts_in_doubt=self.verdicts_in_doubt,
        )


def take_up(store: Store, run_id: str, *, ask_in_doubt: bool) -> Resumed:
    """Read what a run has done.

    Raises:
        InputError: There is no such run.
        StoreError: Its suite is not kept.
    """
    run = read_run(store, run_id)
    if run.imported:
        raise InputError(run_id, "", found="a run from a file", allowed=SAY_ANEW.format(run=run_id))
    if run.kind == "load":
        raise InputError(run_id, "", found="a load run", allowed="a new one: what arrived when cannot be made up for")
    free = {target.name for target in run.targets if is_free(target)}
    graded = {grade.attempt for grade in grades_of(store, run_id)}
    done: set[Key] = set()
    doubtful: set[Key] = set()
    ungraded: dict[Key, Attempt] = {}
    for attempt in iter_attempts(store, run_id):
        key = (attempt.model, attempt.item, attempt.condition, attempt.repeat)
        if attempt.state == "answered":
            done.add(key)
            if attempt.id not in graded:
                ungraded[key] = attempt
        elif attempt.cost_usd is None and attempt.model not in free:
            doubtful.add(key)
    settings = ProbeSettings.model_validate_json(run.settings)
    verdicts, doubtful_verdicts = _verdicts(store, run_id, settings)
    return Resumed(
        run=run,
        suite=Suite.model_validate_json(read_suite_text(store, run.suite_hash)),
        settings=settings,
        done=frozenset(done),
        in_doubt=frozenset() if ask_in_doubt else frozenset(doubtful - done),
        ungraded=ungraded,
        committed_usd=spending(store, run_id).committed_usd,
        verdicts=verdicts,
        verdicts_in_doubt=frozenset() if ask_in_doubt else doubtful_verdicts,
    )


def _verdicts(store: Store, run_id: str, settings: ProbeSettings) -> tuple[dict[PairKey, Verdict], frozenset[PairKey]]:
    """Verdicts that came, and those that may have been paid for without coming."""
    came: dict[PairKey, Verdict] = {}
    doubtful: set[PairKey] = set()
    free = settings.judge is not None and is_free(settings.judge)
    for verdict in verdicts_of(store, run_id):
        key = (verdict.item, verdict.condition, verdict.first, verdict.second)
        if verdict.state == "answered":
            came[key] = verdict
        elif verdict.cost_usd is None and not free:
            doubtful.add(key)
    return came, frozenset(doubtful - came.keys())
