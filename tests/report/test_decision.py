"""The decision page and the three lengths: what is said, how long it is, where it ends."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from planner.planning.plan import Plan
from planner.report.decision.lengths import LENGTHS, plan_report, usual_length
from planner.report.decision.places import ways_of
from planner.report.decision.risks import risks_of
from planner.report.decision.sentences import decision_of, reference_of
from planner.report.document import Contents, Facts, Heading
from planner.report.format import money, money_interval, times
from planner.report.render import report_bytes
from tests.report.deploy.plans import example_plan

NAMES = ("coding-assistant", "contract-drafting", "enterprise-portfolio", "museum-kiosk", "support-desk-eu")


def pages(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n") or pdf.count(b"/Type /Page ")


@pytest.mark.parametrize("name", NAMES)
def test_the_decision_is_three_sentences_with_cost_saving_and_sureness(name: str) -> None:
    plan = example_plan(name)
    told = decision_of(plan)
    assert told.count(". ") == 2
    assert money(plan.totals.monthly_cost_usd.mean) in told
    found = reference_of(plan)
    assert found is not None
    assert found.saving_usd is not None
    saving = found.saving_usd if found.saving_usd.mean >= 0.0 else times(found.saving_usd, -1.0)
    assert money_interval(saving) in told
    assert found.label[1:] in told


@pytest.mark.parametrize("name", NAMES)
def test_two_pages_for_who_signs(name: str, tmp_path: Path) -> None:
    file = tmp_path / "board.pdf"
    file.write_bytes(report_bytes(example_plan(name), ".pdf", length="board"))
    told = subprocess.run(["pdfinfo", str(file)], check=True, capture_output=True, text=True).stdout
    assert int(next(line.split()[1] for line in told.splitlines() if line.startswith("Pages:"))) == 2


def test_longer_reports_say_all_that_shorter_ones_do_and_end_with_seed_and_hash() -> None:
    plan = example_plan("contract-drafting")
    sizes = []
    for length in LENGTHS:
        document = plan_report(plan, length)
        anchors = [block.anchor for block in document.blocks if isinstance(block, Heading)]
        assert len(anchors) == len(set(anchors))
        assert anchors[:3] == ["risks", "first", "signs"]
        assert (Contents() in document.blocks) == (length != "board")
        last = document.blocks[-1]
        assert isinstance(last, Facts)
        assert [name for name, _ in last.rows][-2:] == ["Seed", "Workload, SHA-256"]
        assert plan.workload_hash in last.rows[-1][1][0].text
        sizes.append(len(report_bytes(plan, ".md", length=length).split()))
    assert sizes == sorted(sizes)
    assert sizes[0] < 700 < sizes[1] < sizes[2]


def test_length_follows_the_money_at_stake() -> None:
    plan = example_plan("ticket-triage")
    cheap = plan.model_copy(update={"baselines": ()})
    assert usual_length(cheap) == "board"
    assert usual_length(example_plan("enterprise-portfolio")) == "full"


def test_the_largest_risk_comes_first_and_a_retirement_has_its_successor_s_price() -> None:
    plan = example_plan("enterprise-portfolio")
    found = risks_of(plan)
    by_weight = [(-risk.weight, -(risk.usd_per_month or 0.0)) for risk in found]
    assert by_weight == sorted(by_weight)
    priced = {note.offer_key: note.extra_cost_usd for note in plan.retirements}
    assert priced
    told = [risk for risk in found if risk.name == "Retirement"]
    assert {risk.usd_per_month for risk in told} == set(priced.values())


def test_sensitive_data_at_a_place_that_nobody_states_is_a_risk() -> None:
    plan = example_plan("field-assistant")
    data = plan.model_dump()
    for segment in data["workload"]["segments"]:
        segment.setdefault("data", {})["sensitivity"] = "personal"
    open_ended = [part.name for part in plan.segments if part.option.area in {"unknown", "global"}]
    found = risks_of(Plan.model_validate(data))
    assert found[0].name == "Place of data"
    assert all(name in found[0].text for name in open_ended)


def test_every_way_of_the_data_is_drawn_a_cascade_s_strong_model_too() -> None:
    plan = example_plan("enterprise-portfolio")
    ways = ways_of(plan)
    assert {way.segment for way in ways} == {part.name for part in plan.segments}
    assert sum(way.escalated for way in ways) == sum(part.option.gate is not None for part in plan.segments)


def test_electricity_has_an_interval_and_fits_the_carbon() -> None:
    for name in NAMES:
        totals = example_plan(name).totals
        kwh, carbon = totals.energy_kwh_per_month, totals.carbon_kg_per_month
        assert kwh is not None
        assert kwh.low <= kwh.mean <= kwh.high
        assert 0.01 < carbon.mean / kwh.mean < 1.2  # kg per kWh of any mix of electricity there is


def test_word_holds_the_same_words_and_any_letter() -> None:
    data = example_plan("support-desk-eu").model_dump()
    data["segments"][0]["option"]["model_name"] = "<script>\x00\x1b票=1+1"
    made = report_bytes(Plan.model_validate(data), ".docx", length="architect")
    text = zipfile.ZipFile(io.BytesIO(made)).read("word/document.xml").decode()
    assert "Who signs" in text
    assert "票=1+1" in text
    assert "<script>" not in text
