"""Personal or confidential data goes to no provider that does not say where it processes."""

from datetime import date

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.options.eligibility.exclusions import api_rules, needs_of
from planner.options.estimates.columns import model_columns, offer_columns
from planner.workload.schema import DataRules, Segment, TokenDistribution

DAY = date(2026, 12, 1)


def _barred(**rules: object) -> int:
    """Offers of unknown place that this rule leaves out."""
    tokens = TokenDistribution(mean=500.0)
    data = DataRules.model_validate(rules)
    segment = Segment(
        name="s", skill="chat", requests_per_month=1e4, input_tokens=tokens, output_tokens=tokens, data=data
    )
    columns = model_columns(load_catalog())
    offers = offer_columns(load_catalog(), columns, DAY, 12)
    rules_of = {rule.limit: rule for rule in api_rules(offers, columns, needs_of(segment), DAY)}
    fails = rules_of["data.unknown_place_allowed"].fails
    assert not np.any(fails & (offers.area != "unknown"))
    return int(fails.sum())


@pytest.mark.parametrize("sensitivity", ["personal", "confidential"])
def test_sensitive_data_keeps_away_from_unknown_places(sensitivity: str) -> None:
    assert _barred(sensitivity=sensitivity) > 100
    assert _barred(sensitivity=sensitivity, unknown_place_allowed=True) == 0


@pytest.mark.parametrize("sensitivity", ["public", "internal"])
def test_other_data_may_go_there(sensitivity: str) -> None:
    assert _barred(sensitivity=sensitivity) == 0


@pytest.mark.parametrize(("said", "word"), [(False, "off"), (True, "on"), ("off", "off"), ("auto", "auto")])
def test_a_bare_off_is_a_word(said: object, word: str) -> None:
    fields = {"name": "s", "skill": "chat", "requests_per_month": 1, "input_tokens": {"mean": 1}}
    segment = Segment.model_validate({**fields, "output_tokens": {"mean": 1}, "hidden_reasoning": said})
    assert segment.hidden_reasoning == word
