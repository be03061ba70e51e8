"""A user's own token counts, and the published ones."""

from pathlib import Path

import pytest

from planner.catalog import load_catalog
from planner.catalog.evidence.own_tokens import OwnTokens, load_own_tokens
from planner.catalog.evidence.scores import load_aliases
from planner.catalog.evidence.token_spend import load_token_spend
from planner.errors import InputError
from planner.resources import catalogs_dir

HEADER = "model,effort,skill,visible_tokens,hidden_tokens,output_tokens"
GOOD = "gpt-5.1,high,coding,400,900,1300"


def _load(tmp_path: Path, *rows: str, header: str = HEADER) -> OwnTokens:
    path = tmp_path / "rows.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return load_own_tokens(path, load_catalog(), load_aliases(catalogs_dir() / "aliases.csv"))


def test_published_counts_add_up_and_have_sources() -> None:
    rows = load_token_spend(frozenset(load_catalog().models))
    assert len({row.source_id for row in rows}) >= 9
    for row in rows:
        if row.visible_tokens is not None and row.hidden_tokens is not None and row.output_tokens is not None:
            assert row.visible_tokens + row.hidden_tokens <= 1.2 * row.output_tokens + 5.0


def test_other_names_of_the_same_columns_are_read(tmp_path: Path) -> None:
    (row,) = _load(tmp_path, "gpt-5.1,50,70", header="model,reasoning_tokens,completion_tokens").rows
    assert (row.hidden_tokens, row.output_tokens, row.visible_tokens) == (50.0, 70.0, None)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("no-such-model,high,coding,400,900,1300", "model"),
        ("gpt-5.1,loud,coding,400,900,1300", "effort"),
        ("gpt-5.1,high,cooking,400,900,1300", "skill"),
        ("gpt-5.1,high,coding,0,900,1300", "visible_tokens"),
        ("gpt-5.1,high,coding,many,900,1300", "visible_tokens"),
        ("gpt-5.1,high,coding,400,1900,1300", "hidden_tokens"),
    ],
)
def test_a_row_that_cannot_be_right_is_left_out_and_told(tmp_path: Path, row: str, field: str) -> None:
    own = _load(tmp_path, GOOD, row)
    assert own.lines == (2,)
    assert [(one.line, one.field) for one in own.left_out] == [(3, field)]


def test_a_file_without_a_usable_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2: model"):
        _load(tmp_path, "no-such-model,high,coding,400,900,1300")
