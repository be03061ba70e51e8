"""A user's own samples as a suite: one command or one upload, nothing else to write.

Labels, JSON fields, numbers or texts: the references tell which grader suits; the user may name another.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from planner.errors import InputError
from planner.probing.suites.checks import Fault, item_faults
from planner.probing.suites.files import SuiteError, find_suite, load_suite
from planner.probing.suites.grader_guess import GraderGuess, guess_grader
from planner.probing.suites.sample_rows import SampleRow, parse_rows, read_rows
from planner.probing.suites.schema_errors import faults_of
from planner.probing.suites.suite import Condition, GraderKind, GraderSpec, Item, Suite, SuiteHead
from planner.terms import Skill
from planner.workload.samples import Sample
from planner.workload.skill_guess import guess_skill
from planner.workload.yaml_text import Said, printable

_ENDINGS: Final = (".csv", ".tsv")
_SUITE_KEYS: Final = re.compile(r'"(?:conditions|grader)"\s*:')
_SHOWN: Final = 8
_SKILL_WORDS: Final = "--skill SKILL: the samples don't show which it is"
_TOKENS: Final[dict[str, int]] = {"coding": 1024, "writing": 1024, "summarization": 512, "chat": 512}
_CHARACTERS_PER_TOKEN: Final = 3.0
"""Few, so that the room for answers is ample in languages other than English too."""


def suite_or_samples(
    name_or_path: str,
    *,
    skill: Skill | None = None,
    grader: GraderKind | None = None,
    workload: str | None = None,
    segment: str | None = None,
) -> Suite:
    """A shipped suite, a suite's file, or a .csv, .tsv or .jsonl of samples made into one; InputError as both.

    What is said of samples (skill, grader) may not be said of a suite, which says it itself.
    """
    if _holds_samples(name_or_path):
        path = Path(name_or_path)
        return suite_from_samples(path, skill=skill, grader=grader, workload=workload, segment=segment)
    suite = load_suite(name_or_path)
    for option, value in (("--skill", skill), ("--grader", grader)):
        if value is not None:
            allowed = f"nothing: the suite {suite.name} says it itself"
            raise InputError(option, "", found=value, allowed=allowed)
    if workload is None:
        return suite
    return suite.model_copy(update={"workload": workload, "segment": segment})


def _holds_samples(name_or_path: str) -> bool:
    """Whether the file is samples: a table, or a JSONL whose first line is no suite."""
    path = Path(name_or_path)
    if path.suffix.lower() in _ENDINGS:
        return True
    if path.suffix.lower() != ".jsonl" or not path.is_file():
        return False
    with find_suite(name_or_path).open("rb") as file:
        first = file.readline(100_000).decode("utf-8", errors="replace")
    return _SUITE_KEYS.search(first) is None


def suite_from_samples(
    path: Path,
    name: str | None = None,
    skill: Skill | None = None,
    grader: GraderKind | GraderSpec | None = None,
    workload: str | None = None,
    segment: str | None = None,
) -> Suite:
    """Suite of a .csv, .tsv or .jsonl of samples (prompt, and if known reference, context, document, id).

    Args:
        path: The file, at most 20 MB and 20,000 samples.
        name: Of the suite; from the file's name when left out.
        skill: Guessed from the samples when left out; InputError when they don't show it.
        grader: Guessed from skill and references when left out.
        workload: Name of the workload that the samples come from.
        segment: Its segment.

    """
    return _suite(read_rows(path), printable(str(path)), name, skill, grader, workload, segment)


def suite_from_text(
    text: str,
    file_name: str,
    skill: Skill | None = None,
    grader: GraderKind | GraderSpec | None = None,
    workload: str | None = None,
    segment: str | None = None,
) -> Suite:
    """`suite_from_samples` of an uploaded file's text."""
    shown = printable(file_name)
    return _suite(parse_rows(text, shown), shown, None, skill, grader, workload, segment)


def _suite(
    rows: Sequence[SampleRow],
    file: str,
    name: str | None,
    skill: Skill | None,
    grader: GraderKind | GraderSpec | None,
    workload: str | None,
    segment: str | None,
) -> Suite:
    asked = skill or _guessed_skill(rows, file)
    references = [row.reference for row in rows if row.reference is not None]
    prompts = [row.prompt for row in rows if row.reference is not None]
    guess = _asked_grader(grader, references, prompts) or guess_grader(asked, references, prompts)
    head = SuiteHead(
        name=name or suite_name(file),
        title=Path(file).stem,
        skill=asked,
        description=f"{len(rows)} samples of {Path(file).name}. Graded by {guess.spec.kind}: {guess.reason}."
        + _passed_over(rows),
        licence="the user's own",
        conditions=_conditions(rows),
        grader=guess.spec,
        max_output_tokens=_room(asked, references),
        workload=workload,
        segment=segment,
    )
    items = _items(rows, head, file)
    return Suite(**{field: getattr(head, field) for field in head.model_fields_set}, items=tuple(items))


def _passed_over(rows: Sequence[SampleRow]) -> str:
    """A sentence on the columns that no sample has a use for."""
    columns = dict.fromkeys(column for row in rows for column in row.passed_over)
    return f" Passed over: {', '.join(list(columns)[:_SHOWN])}." if columns else ""


def _guessed_skill(rows: Sequence[SampleRow], file: str) -> Skill:
    samples = [Sample(row.prompt, None if row.reference is None else str(row.reference)) for row in rows]
    guess = guess_skill(samples)
    if guess is None:
        raise InputError(file, "skill", found=Said("nothing"), allowed=_SKILL_WORDS)
    return guess.skill


def _asked_grader(
    grader: GraderKind | GraderSpec | None, references: Sequence[Any], prompts: Sequence[str]
) -> GraderGuess | None:
    """The grader that was named; exact_match learns its labels from the references."""
    if grader is None:
        return None
    if isinstance(grader, GraderSpec):
        return GraderGuess(grader, "as asked")
    labels = guess_grader("classification", references, prompts).spec.labels if grader == "exact_match" else ()
    spec = GraderSpec(kind=grader, labels=labels) if labels else GraderSpec(kind=grader)
    return GraderGuess(spec, "as asked")


def suite_name(file: str) -> str:
    """A suite's name from a file's: lower-case letters, digits, hyphens.

    >>> suite_name("data/Tickets (March).csv")
    'tickets-march'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", Path(file).stem.lower()).strip("-")
    return plain[:64].rstrip("-") or "samples"


def _conditions(rows: Sequence[SampleRow]) -> tuple[Condition, ...]:
    """One way to ask; two when every sample brings a context, so that what the context adds is measured."""
    system = rows[0].system if len({row.system for row in rows}) == 1 else ""
    if not all(row.context for row in rows):
        return (Condition(name="plain", template="{input}", system=system),)
    return (
        Condition(name="closed_book", template="{input}", system=system),
        Condition(name="with_context", template="Context:\n{context}\n\n{input}", system=system),
    )


def _room(skill: Skill, references: Sequence[Any]) -> int:
    """Output tokens: twice the longest reference, and never less than a short explanation takes."""
    longest = max((len(str(reference)) for reference in references), default=0)
    wanted = 2.0 * longest / _CHARACTERS_PER_TOKEN
    return round(min(max(wanted, _TOKENS.get(skill, 128)), 8192))


def sample_notes(name_or_path: str) -> tuple[str, ...]:
    """What to tell of a file of samples beside its suite: the columns that are passed over; nothing of a suite."""
    if not _holds_samples(name_or_path):
        return ()
    said = _passed_over(read_rows(Path(name_or_path))).strip()
    return (f"{printable(name_or_path)}: {said}",) if said else ()


def _items(rows: Sequence[SampleRow], head: SuiteHead, file: str) -> list[Item]:
    problems: list[InputError] = []
    items: list[Item] = []
    taken: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        item, faults = _item(row, number, head)
        if item is not None and item.id in taken:
            faults.append(Fault(("id",), item.id, f"a unique id; line {taken[item.id]} has it"))
        for fault in faults:
            where = f"line {row.line}, {'.'.join(map(str, fault.place))}"
            problems.append(InputError(file, where, found=fault.found, allowed=fault.allowed))
        if item is not None:
            taken.setdefault(item.id, row.line)
            items.append(item)
    if problems:
        raise problems[0] if len(problems) == 1 else SuiteError(problems)
    return items


def _item(row: SampleRow, number: int, head: SuiteHead) -> tuple[Item | None, list[Fault]]:
    """The item of a row; one without a reference is labelled by people whatever the suite's grader."""
    data: dict[str, Any] = {
        "id": suite_name(row.id) if row.id else f"s{number}",
        "input": row.prompt if head.conditions[0].system == row.system else f"{row.system}\n\n{row.prompt}",
        "context": row.context,
        "document": row.document,
        "history": [{"role": role, "content": said} for role, said in row.history],
    }
    if head.grader.kind == "code_execution":
        data |= {"tests": row.reference or ""}
    elif row.reference is not None:
        data |= {"reference": row.reference}
    if row.reference is None and head.grader.kind not in {"human", "llm_judge"}:
        data |= {"grader": {"kind": "human"}}
    item, faults = faults_of(Item, data)
    return item, [*faults, *(item_faults(item, head) if item else ())]
