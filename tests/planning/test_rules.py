"""Each rule of the programme on a tiny instance, its rows compared with a golden file."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from planner.options.table import Options
from planner.planning.limits import PLAN_LIMITS, SEGMENT_LIMITS, held_limits, strictness_of
from planner.planning.problem import state_problem
from planner.planning.solve.milp import Ask, state_programme
from planner.planning.solve.programme import PLAN_ROWS, STRUCTURE, Block, Columns
from planner.planning.solve.prune import gather
from planner.workload.schema import Workload
from tests.planning import instances as made

GOLDEN = Path(__file__).parents[1] / "golden" / "limits"
REWRITE = os.environ.get("PLANNER_REWRITE_GOLDEN") == "1"


def tiny(**limits: float) -> tuple[Workload, Options]:
    """Two segments; a small model, a cascade to a large one, and a pool shared by both."""
    ways = [
        made.Way("a/small", usage=made.ramp(80, 120), quality=0.93, needs=(0,), carbon=2.0),
        made.Way("a/small", usage=60, quality=0.95, strong="b/large", strong_provider="bolt", needs=(0, 1), carbon=3.0),
        made.Way("c/open", usage=0, quality=0.91, provider="own", pool=0, load=0.5, serving="self_hosted", carbon=0.0),
    ]
    wl = made.workload(made.segment("one"), made.segment("two", requests_per_month=3000.0), limits=limits)
    parts = (made.component("provider:acme", made.ramp(20, 40)), made.component("gate", 15))
    pools = (made.pool("open@l40s", "c/open", 300.0, most=4, least=2, carbon=50.0),)
    return wl, made.options(made.table("one", ways), made.table("two", ways), components=parts, pools=pools)


def column_names(columns: Columns) -> list[str]:
    kinds = (("x", columns.options), ("y", columns.components), ("r", columns.pools), ("m", columns.models))
    names = [f"{kind}{number}" for kind, count in kinds for number in range(count)]
    names += [f"v{number}" for number in range(columns.providers)]
    names += [f"w.budget.{draw}" for draw in columns.budget_draws]
    return names + [f"w.carbon.{draw}" for draw in columns.carbon_draws]


def text_of(block: Block, columns: Columns) -> str:
    names, lines = column_names(columns), []
    for row in range(block.low.shape[0]):
        mine = np.flatnonzero(block.row == row)
        terms = sorted((int(block.column[k]), float(block.value[k])) for k in mine)
        body = " ".join(f"{value:+.6g} {names[column]}" for column, value in terms if value)
        lines.append(f"{block.low[row]:.6g} <= {body} <= {block.high[row]:.6g}")
    return "\n".join(lines) + "\n"


def compare(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if REWRITE:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def block_of(rule: Callable[..., Block | None], limits: dict[str, float], quality: float | None = None) -> str:
    wl, opts = tiny(**limits)
    problem = state_problem(wl, opts)
    pick = gather(problem, [np.arange(part.rows.size) for part in problem.parts])
    ask = Ask(1.0, 0.0, wl.limits, quality_at_least=quality)
    programme = state_programme(problem, ask, pick, {"budget": {0, 255}, "carbon": {7}})
    block = rule(programme)
    assert block is not None
    return text_of(block, programme.columns)


@pytest.mark.parametrize("name", sorted(STRUCTURE))
def test_rows_of_every_structural_rule_are_as_reviewed(name: str) -> None:
    compare(f"rule_{name}", block_of(STRUCTURE[name], {}, quality=0.94))


LIMITS_ASKED = {
    "limits.monthly_budget_usd": {"monthly_budget_usd": 500.0},
    "limits.max_models": {"max_models": 2},
    "limits.min_providers": {"min_providers": 2},
    "limits.carbon_kg_per_month": {"carbon_kg_per_month": 80.0},
}


@pytest.mark.parametrize("path", sorted(PLAN_ROWS))
def test_rows_of_every_plan_limit_are_as_reviewed(path: str) -> None:
    compare(PLAN_ROWS[path].__name__, block_of(PLAN_ROWS[path], LIMITS_ASKED[path]))


@pytest.mark.parametrize("path", sorted(SEGMENT_LIMITS))
def test_shares_of_every_segment_limit_are_as_reviewed(path: str) -> None:
    ways = [
        made.Way("a/sure", quality=0.95, ttft=500, total=2000),
        made.Way("a/spread", quality=made.ramp(0.8, 1.0), ttft=made.ramp(500, 1500), total=made.ramp(1000, 5000)),
        made.Way("a/never", quality=0.5, ttft=9000, total=90000),
    ]
    wl = made.workload(made.segment("one", latency={"ttft_p95_ms": 1000, "total_p95_ms": 4000}))
    table = made.table("one", ways)
    held = held_limits(wl.segments[0], table, strictness_of(wl))
    lines = [
        f"{way.model}: holds in {share:.6f} of draws, within the tolerance in {within:.6f}"
        for way, share, within in zip(ways, held.shares[path], held.within[path], strict=True)
    ]
    compare(SEGMENT_LIMITS[path].excess.__name__, "\n".join(lines) + "\n")


def test_every_limit_has_a_golden_file() -> None:
    wanted = {
        f"{rule.__name__}.txt" for rule in (*PLAN_ROWS.values(), *(limit.excess for limit in SEGMENT_LIMITS.values()))
    }
    wanted |= {f"rule_{name}.txt" for name in STRUCTURE}
    assert wanted == {path.name for path in GOLDEN.iterdir()}


def test_every_limit_of_the_workload_format_has_a_rule() -> None:
    fields = {f"limits.{name}" for name in Workload.model_fields["limits"].annotation.model_fields}
    assert fields == set(PLAN_ROWS) == set(PLAN_LIMITS)


@pytest.mark.parametrize("path", sorted(PLAN_ROWS))
def test_a_limit_that_is_not_asked_for_adds_no_rows(path: str) -> None:
    wl, opts = tiny()
    problem = state_problem(wl, opts)
    pick = gather(problem, [np.arange(part.rows.size) for part in problem.parts])
    assert PLAN_ROWS[path](state_programme(problem, Ask(1.0, 0.0, wl.limits), pick)) is None
