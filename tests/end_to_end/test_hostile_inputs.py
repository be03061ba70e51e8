"""Inputs from people who mean harm or had bad luck: every door reads them or refuses them in one line, in little time.

Each input is a valid one of its door with a few wounds: pieces cut, doubled, replaced by what hurts parsers. A sample
runs always; `make slow` runs ten thousand. Seeds are hypothesis' own, fixed (`derandomize`).
"""

import json
import os
import random
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.beliefs.queueing.traces import parse_trace, trace_facts
from planner.catalog.evidence.user_scores import load_user_scores
from planner.errors import PlannerError
from planner.planning.what_if.changes import apply_changes, parse_change
from planner.probing.asking.imported import bring_in
from planner.probing.suites.files import load_suite
from planner.probing.suites.user_samples import suite_from_text
from planner.session.link import pack, read_changes, unpack
from planner.store.database.engine import Store, open_store
from planner.workload.load import parse_workload
from planner.workload.samples import read_samples

Door: TypeAlias = Callable[[str, Path], object]
_ROOT: Final = Path(__file__).parents[2]
_LONGEST_S: Final = 10.0
_MOST_KIB: Final = 300 * 1024
_FEW: Final = 25
_MANY: Final = 1000

WORKLOAD = """version: 1
name: Support desk
segments:
  - name: ticket-triage
    skill: classification
    requests_per_month: 1500000
    input_tokens: {mean: 420, p95: 900}
    output_tokens: {mean: 12, p95: 30}
    quality_floor: 0.90
    data: {residency: [eu]}
limits: {monthly_budget_usd: 5000}
"""
SUITE = json.dumps(
    {
        "version": 1,
        "name": "tiny",
        "title": "Tiny",
        "skill": "chat",
        "conditions": [{"name": "plain", "template": "{input}"}],
        "grader": {"kind": "includes"},
        "items": [{"id": "a", "input": "x?", "reference": "y"}],
    }
)
SEEDS: Final[dict[str, str]] = {
    "workload": WORKLOAD,
    "change": "segments.ticket-triage.requests_per_month=x1.5",
    "link": "segments.*.quality_floor=0.8;limits.max_models=2;segments.ticket-triage.data.residency=[eu, us]",
    "packed link": "version: 1",
    "suite": SUITE,
    "samples": 'prompt,reference\nWhat is 2 + 2?,4\n"a, b",c\n',
    "samples, lines": '{"prompt": "What is 2 + 2?", "reference": "4"}\n{"prompt": "x", "reference": {"a": 1}}\n',
    "score table": "model,benchmark,score,n\ngpt-4o,mmlu,0.85,100\nllama,gsm8k,71%,\n",
    "trace": "timestamp,input_tokens,output_tokens\n0,100,10\n1.5,200,20\n2026-01-02T03:04:05Z,1,1\n",
    "trace, lines": '{"timestamp": 0, "input_length": 10, "output_length": 5}\n'
    '{"timestamp": 1000, "input_length": 20, "output_length": 7}\n',
}
"""A valid input of each door."""
WOUNDS: Final = (
    "\x00", "\x1b[2J",
    "\u202e", "\ud800", "\n", "\r\n", "\t", " ", "", "'", '"', ",", ";", ":", "=", "{", "}", "[", "]",
    "-1", "0", "1e400", "-1e400", "nan", "inf", "9" * 400, "9" * 5000, "0x10", "1_000", "1e-400",
    "18446744073709551616",
    "2024-99-99", "null", "~", "true", "*", "&a", "*a", "!!python/object/apply:os.system [x]", "<<: *a",
    "---\n", "...\n",
    "[" * 3000, "{" * 3000, "a: " * 2000, "x" * 20_000, "..", "/dev/zero", "../../etc/passwd", "=cmd|' /C calc'!A0",
    "é" * 500, "\ufeff", "$x$", "<script>", "%s%n", "\\", "\\u0000", '"a": ' * 500, "# ", "|\n", ">\n", "? ", "- ",
)  # fmt: skip


def _wounded(seed: str, numbers: random.Random) -> str:
    """The text with one to four wounds."""
    text = seed
    for _ in range(numbers.randint(1, 4)):
        at = numbers.randint(0, len(text))
        end = min(len(text), at + numbers.choice((0, 0, 1, 3, 10, 50)))
        match numbers.randint(0, 3):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:at] + text[at:end] * numbers.choice((2, 5, 200)) + text[end:]
            case _:
                text = text[:at] + numbers.choice(WOUNDS) + text[end:]
    return text


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


def _changed(text: str, _: Path) -> object:
    return apply_changes(parse_workload(WORKLOAD), [parse_change(text)])


def _linked(text: str, _: Path) -> object:
    return apply_changes(parse_workload(WORKLOAD), read_changes(text))


def _traced(text: str, name: str) -> object:
    return trace_facts(parse_trace(name, text.encode("utf-8", "surrogatepass")))


DOORS: Final[dict[str, Door]] = {
    "workload": lambda text, _: parse_workload(text),
    "change": _changed,
    "link": _linked,
    "packed link": lambda text, _: unpack(pack("version: 1")[:10] + text),
    "suite": lambda text, folder: load_suite(_file(folder, "suite.json", text)),
    "samples": lambda text, _: suite_from_text(text, "samples.csv", skill="chat"),
    "samples, lines": lambda text, folder: read_samples(_file(folder, "samples.jsonl", text)),
    "score table": lambda text, folder: load_user_scores(_file(folder, "scores.csv", text)),
    "trace": lambda text, _: _traced(text, "trace.csv"),
    "trace, lines": lambda text, _: _traced(text, "trace.jsonl"),
}


def _knock(door: Door, text: str, folder: Path) -> None:
    """One input at one door: read or refused in one plain line, in time."""
    start = time.monotonic()
    said = ""
    try:
        door(text, folder)
    except PlannerError as error:
        said = str(error)
    assert said.isprintable()
    assert time.monotonic() - start < _LONGEST_S


@pytest.fixture(scope="module")
def no_more_memory() -> Iterator[None]:
    """All of it together takes no more than 300 MiB on top."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + _MOST_KIB


def _try_all(name: str, folder: Path, examples: int) -> None:
    @settings(
        max_examples=examples, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.randoms(use_true_random=False, note_method_calls=False))
    def knock(numbers: random.Random) -> None:
        _knock(DOORS[name], _wounded(SEEDS[name], numbers), folder)

    knock()


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.usefixtures("no_more_memory")
def test_a_sample_of_wounded_inputs_is_read_or_refused(name: str, tmp_path: Path) -> None:
    _try_all(name, tmp_path, _FEW)


@pytest.mark.slow
@pytest.mark.parametrize("name", DOORS)
@pytest.mark.usefixtures("no_more_memory")
def test_ten_thousand_wounded_inputs_are_read_or_refused(name: str, tmp_path: Path) -> None:
    _try_all(name, tmp_path, _MANY)


@pytest.fixture(scope="module")
def run_file() -> str:
    """A run file of one answer."""
    return json.dumps({"version": 1, "run": {"id": "r1"}, "suite_text": SUITE, "preferences": []}) + "\n"


def _imports(run_file: str, store: Store, folder: Path, examples: int) -> None:
    for number in range(examples):
        text = _wounded(run_file, random.Random(number))  # noqa: S311 (a stated seed)
        _knock(lambda text, folder: bring_in(store, _file(folder, "run.jsonl", text)), text, folder)


def test_a_sample_of_wounded_run_files_is_refused(run_file: str, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 's.sqlite3'}") as store:
        _imports(run_file, store, tmp_path, _FEW)


@pytest.mark.slow
def test_a_thousand_wounded_run_files_are_refused(run_file: str, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 's.sqlite3'}") as store:
        _imports(run_file, store, tmp_path, _MANY)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", ["suite", "samples, lines", "score table"])
def test_a_named_pipe_is_refused_at_once(name: str, tmp_path: Path) -> None:
    from planner.workload.load import load_workload

    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    doors: dict[str, Callable[[Path], object]] = {
        "suite": load_suite,
        "samples, lines": read_samples,
        "score table": load_user_scores,
    }
    for door in (doors[name], load_workload):
        with pytest.raises(PlannerError):
            door(pipe)
