import re
from html.parser import HTMLParser

import pytest

from planner.planning.plan import Plan
from planner.report.decision.sentences import decision_of
from planner.report.format import milliseconds_interval, money, money_interval, share
from planner.report.render import report_bytes

VOID = {"meta", "br", "link", "img", "hr", "rect", "line", "circle", "path"}


class Reader(HTMLParser):
    """Collects text, tags and what is open."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def page_of(plan: Plan) -> str:
    return report_bytes(plan, ".html").decode()


@pytest.fixture(scope="module")
def page(plan: Plan) -> Reader:
    return read(page_of(plan))


@pytest.fixture(scope="module")
def words(page: Reader) -> str:
    return re.sub(r"\s+", " ", "".join(page.words))


def test_every_tag_that_is_opened_is_closed(page: Reader) -> None:
    assert page.open == []


def test_nothing_is_fetched_and_nothing_runs(page: Reader) -> None:
    fetched = [name for tag, attrs in page.tags for name in ("src", "srcset", "action") if name in attrs]
    assert fetched == []
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}


def test_the_answer_comes_before_the_first_section(words: str, plan: Plan) -> None:
    assert words.index(decision_of(plan)) < words.index("The two largest risks")
    assert words.index(plan.answer) < words.rindex("Segment by segment")


def test_every_total_of_the_plan_is_told(words: str, plan: Plan) -> None:
    totals = plan.totals
    told = (
        money_interval(totals.monthly_cost_usd),
        money_interval(totals.cost_per_1000_requests_usd),
        share(totals.quality),
    )
    assert all(text in words for text in told)


def test_every_segment_tells_its_cost_quality_and_times(words: str, plan: Plan) -> None:
    for part in plan.segments:
        assert money_interval(part.monthly_cost_usd) in words
        assert share(part.quality) in words
        assert milliseconds_interval(part.ttft_p95_ms) in words
        assert milliseconds_interval(part.total_p95_ms) in words


def test_every_cost_line_is_told_with_its_arithmetic(words: str, plan: Plan) -> None:
    for part in plan.segments:
        for line in part.cost_parts:
            assert money(line.monthly_usd) in words
            assert re.sub(r"\s+", " ", line.how) in words


def test_every_baseline_and_fixed_cost_is_told(words: str, plan: Plan) -> None:
    costs = [one.monthly_cost_usd for one in (*plan.baselines, *plan.fixed_costs)]
    assert all(money_interval(cost) in words for cost in costs if cost is not None)


def test_every_assumption_warning_step_and_sizing_line_is_told(words: str, plan: Plan) -> None:
    told = [item.path for item in plan.assumptions] + list(plan.warnings) + [step.text for step in plan.first_steps]
    told += [part for pool in plan.pools for line in pool.sizing for part in line.split(": ", 1)]
    told += [command for pool in plan.pools for command in pool.load_test]
    assert [text for text in told if re.sub(r"\s+", " ", text) not in words] == []


def test_every_evidence_row_links_to_its_source(page: Reader, plan: Plan) -> None:
    linked = {attrs.get("href") for tag, attrs in page.tags if tag == "a"}
    assert {item.url for item in plan.evidence if item.url.startswith("http")} <= linked


def test_every_reference_leads_to_a_row_of_evidence(page: Reader) -> None:
    targets = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    inner = {str(attrs["href"])[1:] for tag, attrs in page.tags if tag == "a" and str(attrs["href"]).startswith("#")}
    assert inner
    assert inner <= targets


def test_no_id_is_given_twice(page: Reader) -> None:
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_hostile_text_stays_text(hostile: Plan) -> None:
    assert "script" not in {tag for tag, _ in read(page_of(hostile)).tags}


def test_only_web_addresses_become_links(hostile: Plan) -> None:
    links = [str(attrs.get("href")) for tag, attrs in read(page_of(hostile)).tags if tag == "a"]
    assert all(link.startswith(("https://", "http://", "#")) for link in links)


def test_it_follows_the_readers_theme_and_prints(plan: Plan) -> None:
    page = page_of(plan)
    assert "prefers-color-scheme:dark" in page
    assert "@media print" in page


def test_the_same_plan_gives_the_same_bytes(plan: Plan) -> None:
    assert page_of(plan) == page_of(plan)


def test_on_a_phone_every_cell_is_named_and_no_table_is_wider_than_the_page(plan: Plan) -> None:
    page = report_bytes(plan, ".html").decode()
    narrow = page[page.index("@media(max-width:620px)") : page.index("@media print")]
    assert "content:attr(data-name)" in narrow
    assert "min-width" not in narrow
    assert '<td class="num" data-name="Cost a month">' in page
