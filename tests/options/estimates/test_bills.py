"""The lines of an option's bill are the numbers that priced it: over all examples, all kinds of options."""

from datetime import date

import numpy as np
import pytest

from planner.beliefs.model import Beliefs
from planner.catalog.schema import Catalog
from planner.options import Options, enumerate_options
from planner.resources import catalogs_dir
from planner.workload.load import load_workload

EXAMPLES = sorted((catalogs_dir() / "workloads").glob("*.yaml"))
MOST_ROWS = 40


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.stem)
def options(request: pytest.FixtureRequest, catalog: Catalog, beliefs: Beliefs) -> Options:
    return enumerate_options(load_workload(request.param), catalog, beliefs, date(2026, 11, 24))


def test_lines_sum_to_the_usage_of_every_option_draw_by_draw(options: Options) -> None:
    for table in options.tables:
        for row in _spread(table.size):
            usd = np.sum([line.monthly_usd for line in table.lines(row)], axis=0) + np.zeros(table.usage_usd.shape[1])
            np.testing.assert_allclose(usd, table.usage_usd[row], rtol=1e-9, atol=1e-12)


def test_every_line_multiplies_out_with_the_numbers_that_it_prints(options: Options) -> None:
    for table in options.tables:
        for row in _spread(table.size):
            for line in table.lines(row):
                assert line.formula.usd == pytest.approx(float(line.monthly_usd.mean()), rel=3e-3), line.formula.text


def test_every_component_multiplies_out_with_the_numbers_that_it_prints(options: Options) -> None:
    for component in options.components:
        assert component.formula.usd == pytest.approx(float(component.monthly_usd.mean()), rel=5e-3, abs=0.01), (
            component.note
        )


def _spread(size: int) -> range:
    """Rows from all over the table, cascades (its end) included."""
    return range(0, size, max(1, size // MOST_ROWS))
