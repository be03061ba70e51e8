"""Everything that `planner serving` tells, as plain data: printed in a terminal, written as JSON."""

from dataclasses import dataclass

from planner.beliefs.serving.load_test import load_command, server_command
from planner.catalog.schema import Catalog
from planner.planning.self_hosting.answer import Answer, case_lines
from planner.planning.self_hosting.trace import TraceCase
from planner.report.serving.paths import path_rows
from planner.report.serving.text import answer_notes, answer_sentence, doubts_in, state_text
from planner.report.serving.times import TimeRow, time_rows
from planner.report.serving.trace import TraceRow, burst_sentence, trace_rows, trace_sentence
from planner.workload.schema import Workload


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sizing."""

    name: str
    how: str


@dataclass(frozen=True, slots=True)
class TraceTold:
    """What the replay says."""

    answer: str
    trace: str
    rows: tuple[TraceRow, ...]


@dataclass(frozen=True, slots=True)
class ServingTold:
    """The answer, what is not shown, paths, sizing, times, commands that measure it, and the replay."""

    version: int
    answer: str
    not_verified: tuple[str, ...]
    notes: tuple[str, ...]
    rented: str | None
    owned: str | None
    segments: tuple[str, ...]
    model: str
    gpu: str
    gpus_per_replica: int
    precision: str
    lens: str
    paths: tuple[dict[str, str | float | None], ...]
    sizing: tuple[Line, ...]
    times: tuple[TimeRow, ...]
    load_test: tuple[str, ...]
    replay: TraceTold | None


def serving_told(
    catalog: Catalog, workload: Workload, found: Answer, replay: TraceCase | None, *, api_allowed: bool
) -> ServingTold:
    """The same as the page Serving says, under its lens."""
    case, cap = found.case, workload.assumptions.gpu_utilisation_cap
    commands = [server_command(catalog, case.setup)]
    for one in case.served:
        more = one.added.sizing_tokens
        commands.append(load_command(catalog, one.sizing, one.segment, utilisation_cap=cap, extra_input_tokens=more))
    told = None
    if replay is not None:
        told = TraceTold(trace_sentence(replay), burst_sentence(replay), trace_rows(replay))
    return ServingTold(
        version=1,
        answer=answer_sentence(found).replace("**", ""),
        not_verified=doubts_in(found),
        notes=answer_notes(found, api_allowed=api_allowed),
        rented=None if found.rented is None else state_text(found.rented),
        owned=None if found.owned is None else state_text(found.owned),
        segments=tuple(one.segment.name for one in case.served),
        model=case.setup.model.id,
        gpu=case.setup.gpu.id,
        gpus_per_replica=case.setup.gpus_per_replica,
        precision=case.setup.precision,
        lens=found.lens,
        paths=tuple(row.data for row in path_rows(case, found.lens)),
        sizing=tuple(Line(*line) for line in case_lines(workload, case)),
        times=time_rows(case),
        load_test=tuple(commands),
        replay=told,
    )
