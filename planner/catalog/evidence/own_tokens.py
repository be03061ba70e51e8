"""A user's own token counts: a CSV of one model's answers a row; what can't be right is left out and told by line.

Columns (those that a file lacks are taken as blank): model; effort; skill; benchmark or task; visible_tokens;
hidden_tokens or reasoning_tokens; output_tokens (both together); prompt_tokens; date; n.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from planner.catalog.evidence.own_measurements import LeftOut
from planner.catalog.evidence.own_speeds import effort_of, join_model, read_table
from planner.catalog.evidence.scores import Alias
from planner.catalog.evidence.token_spend import TokenSpend
from planner.catalog.model_names import KnownNames, known_names
from planner.catalog.schema import Catalog
from planner.catalog.source import Source
from planner.catalog.speeds import Effort
from planner.errors import InputError

_ALSO: Final = {
    "visible_tokens": ("visible_tokens", "visible_mean", "answer_tokens"),
    "hidden_tokens": ("hidden_tokens", "reasoning_tokens", "reasoning_mean", "thinking_tokens"),
    "output_tokens": ("output_tokens", "total_output_mean", "completion_tokens"),
    "prompt_tokens": ("prompt_tokens", "input_tokens", "input_mean"),
    "n": ("n",),
}
_MOST: Final = 1e7
_SKILLS: Final = (
    *("classification", "extraction", "summarization", "knowledge_qa", "grounded_qa", "chat", "writing", "translation"),
    *("coding", "reasoning", "math", "instruction_following", "agentic"),
)


@dataclass(frozen=True, slots=True)
class OwnTokens:
    """The table: columns and raw cells for writing it back, rows for computing."""

    file: str
    columns: tuple[str, ...]
    cells: Mapping[int, tuple[str, ...]]
    """By line."""
    lines: tuple[int, ...]
    rows: tuple[TokenSpend, ...]
    left_out: tuple[LeftOut, ...]


def load_own_tokens(path: Path, catalog: Catalog, aliases: Mapping[tuple[str, str], Alias]) -> OwnTokens:
    """Read the table.

    Raises:
        InputError: The file cannot be read, has no column model, or no row of it can be forecast.
    """
    header, raw = read_table(path, ("model",), ("visible_tokens", "hidden_tokens", "output_tokens"))
    names = known_names(catalog.models, aliases)
    found: dict[int, TokenSpend] = {}
    left_out: list[LeftOut] = []
    for line, cells in raw.items():
        given = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        row = _row(line, given, catalog, names)
        if isinstance(row, LeftOut):
            left_out.append(row)
        else:
            found[line] = row
    if not found:
        first = left_out[0]
        raise InputError(str(path), f"line {first.line}: {first.field}", found=first.found, allowed=first.allowed)
    return OwnTokens(str(path), header, raw, tuple(found), tuple(found.values()), tuple(left_out))


def _row(line: int, given: Mapping[str, str], catalog: Catalog, names: KnownNames) -> TokenSpend | LeftOut:
    alias = join_model(names, given["model"])
    if alias is None:
        return LeftOut(line, "model", given["model"], "a model of the catalog by id or published name")
    numbers = _numbers(line, given)
    stated = given.get("effort", "") or given.get("variant_effort", "")
    effort: Effort | None = effort_of(stated) if stated else effort_of(alias.variant) or ""
    skill = given.get("skill", "").lower().replace(" ", "_")
    if isinstance(numbers, LeftOut):
        return numbers
    if effort is None:
        allowed = ", ".join(name for name in get_args(Effort) if name)
        return LeftOut(line, "effort", stated, allowed)
    if skill and skill not in _SKILLS:
        return LeftOut(line, "skill", given["skill"], ", ".join(_SKILLS))
    hidden, total = numbers["hidden_tokens"], numbers["output_tokens"]
    if hidden is not None and total is not None and hidden > total:
        return LeftOut(line, "hidden_tokens", f"{hidden:g}", f"up to output_tokens, {total:g}")
    return TokenSpend(
        source_id="",
        model=alias.model,
        name=given["model"],
        benchmark=given.get("benchmark", "") or given.get("task", ""),
        skill=skill,
        effort=effort or None,
        prompt_tokens=numbers["prompt_tokens"],
        visible_tokens=numbers["visible_tokens"],
        hidden_tokens=hidden,
        output_tokens=total,
        n=numbers["n"],
        source=Source("the user's file", catalog.as_of),
    )


def _numbers(line: int, given: Mapping[str, str]) -> dict[str, float | None] | LeftOut:
    found: dict[str, float | None] = {}
    for into, columns in _ALSO.items():
        column = next((name for name in columns if given.get(name)), None)
        if column is None:
            found[into] = None
            continue
        try:
            value = float(given[column])
        except ValueError:
            return LeftOut(line, column, given[column], "a number of tokens from 0")
        least = 1.0 if into in ("visible_tokens", "output_tokens") else 0.0
        if not least <= value <= _MOST:
            return LeftOut(line, column, given[column], f"a number of tokens from {least:g} to {_MOST:,.0f}")
        found[into] = value
    return found
