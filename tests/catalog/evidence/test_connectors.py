"""Fetching evidence: a real server on loopback that speaks as Artificial Analysis does, with made-up values."""

import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from planner.catalog.evidence import connectors
from planner.catalog.evidence.connectors import Found, fetch_artificial_analysis, read_user_table
from planner.catalog.evidence.evaluations import ATTRIBUTION, Evaluation, load_evaluations
from planner.catalog.evidence.scores import load_aliases, load_benchmarks
from planner.catalog.load import load_models
from planner.catalog.model_names import KnownNames, known_names
from planner.errors import InputError, OfflineError
from planner.resources import catalogs_dir
from planner.terms import SKILLS

TODAY = date(2026, 11, 24)
KEY = "aa-secret-key-7f3"
Answer: TypeAlias = tuple[int, bytes, Mapping[str, str]]


class Server(http.server.ThreadingHTTPServer):
    """Answers by path, and remembers what it was asked and with which key."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def gives(self, path: str, body: object, status: int = 200, **headers: str) -> None:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers[path] = (status, text, headers)


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("x-api-key")))
        status, body, headers = self.server.answers.get(self.path, (404, b"", {}))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(int(headers.get("more_than_sent", "0")) + len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        del format, args


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def evaluations() -> dict[str, Evaluation]:
    return load_evaluations(catalogs_dir() / "artificial_analysis.csv")


@pytest.fixture(scope="module")
def names() -> KnownNames:
    folder = catalogs_dir()
    return known_names(load_models(folder / "models.yaml"), load_aliases(folder / "aliases.csv"))


Fetch: TypeAlias = Callable[..., Found]


@pytest.fixture
def fetch(server: Server, evaluations: dict[str, Evaluation], names: KnownNames) -> Fetch:
    def ask(key: str = KEY) -> Found:
        return fetch_artificial_analysis(key, TODAY, evaluations, names, server.url)

    return ask


def a_row(name: str, **evaluations: Any) -> dict[str, Any]:
    """One model as their list has it."""
    return {
        "id": "2dad8957-4c16-4e74-bf2d-8b21514e0ae9",
        "name": name,
        "slug": name.lower().replace(" ", "-"),
        "release_date": "2026-05-01",
        "model_creator": {"id": "e67e56e3", "name": "Maker", "slug": "maker"},
        "evaluations": evaluations,
        "pricing": {"price_1m_input_tokens": 1.0, "price_1m_output_tokens": None},
        "performance": {"median_output_tokens_per_second": 100.5},
    }


def a_page(*rows: dict[str, Any], number: int = 1, more: bool = False, tier: str = "pro") -> dict[str, Any]:
    pages = {"page": number, "page_size": 200, "total_pages": number + int(more), "has_more": more}
    return {"tier": tier, "intelligence_index_version": 4.1, "pagination": pages, "data": list(rows)}


def test_every_evaluation_is_taken_as_a_share_of_its_benchmark(server: Server, fetch: Fetch) -> None:
    server.gives(
        "/language/models?page=1", a_page(a_row("gpt-oss-120B (high)", gpqa_diamond=0.5, ifbench=0.25, hle=None))
    )
    found = fetch()
    assert [(one.model, one.variant, one.benchmark, one.skill, one.score, one.chance) for one in found.scores] == [
        ("openai/gpt-oss-120b", "high", "artificial-analysis:gpqa-diamond", "reasoning", 0.5, 0.25),
        ("openai/gpt-oss-120b", "high", "artificial-analysis:ifbench", "instruction_following", 0.25, 0.0),
    ]
    assert {(one.measured, one.source, one.unit) for one in found.scores} == {(TODAY, ATTRIBUTION, "share")}


def test_the_key_goes_into_the_header_of_each_request(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", a_page(a_row("o3", hle=0.1)))
    fetch(f" {KEY}\n")
    assert server.asked == [("/language/models?page=1", KEY)]


def test_all_pages_are_read(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", a_page(a_row("o3", hle=0.1), more=True))
    server.gives("/language/models?page=2", a_page(a_row("GPT-4.1", hle=0.2), number=2))
    assert [one.model for one in fetch().scores] == ["openai/o3", "openai/gpt-4.1"]


def test_a_list_without_pages_is_read_once(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", {"status": 200, "data": [a_row("o3", hle=0.1)]})
    assert len(fetch().scores) == 1


def test_a_free_key_gets_the_indices(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", {"error": "Pro only"}, status=403)
    row = a_row("o3", artificial_analysis_intelligence_index=40.0, artificial_analysis_coding_index=30)
    server.gives("/language/models/free?page=1", a_page(row, tier="free"))
    found = fetch()
    assert [(one.benchmark, one.score) for one in found.scores] == [
        ("artificial-analysis:intelligence-index-v4.1", 0.4),
        ("artificial-analysis:coding-index-v4.1", 0.3),
    ]
    assert found.note == "free key"


def test_an_index_does_not_count_beside_what_it_is_made_of(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", a_page(a_row("o3", artificial_analysis_intelligence_index=40.0, hle=0.1)))
    assert [one.benchmark for one in fetch().scores] == ["artificial-analysis:hle"]


def test_old_and_new_names_of_a_field_are_one_benchmark(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", a_page(a_row("o3", gpqa=0.5), a_row("GPT-4.1", gpqa_diamond=0.4)))
    assert {one.benchmark for one in fetch().scores} == {"artificial-analysis:gpqa-diamond"}


def test_models_and_evaluations_that_are_not_known_are_told(server: Server, fetch: Fetch) -> None:
    rows = (a_row("o3", hle=0.1, brand_new_eval=0.7), a_row("Nobody 9", hle=0.1), a_row("Nobody 10"))
    server.gives("/language/models?page=1", a_page(*rows))
    found = fetch()
    assert found.unmapped == ("Nobody 9",)
    assert found.unread == ("brand_new_eval",)
    assert [one.model for one in found.scores] == ["openai/o3"]


def test_a_figure_that_is_no_share_is_left_out(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", a_page(a_row("o3", hle=-0.2, ifbench=1.5, scicode=0.0)))
    assert [(one.benchmark, one.score) for one in fetch().scores] == [("artificial-analysis:scicode", 0.0)]


def test_a_model_named_twice_counts_once(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", a_page(a_row("o3", hle=0.1), a_row("O3", hle=0.3)))
    assert [one.score for one in fetch().scores] == [0.1]


@pytest.mark.parametrize("key", ["", "  ", "two words\nand a line", "schlüssel"])
def test_a_key_that_is_none_is_never_sent(server: Server, fetch: Fetch, key: str) -> None:
    with pytest.raises(InputError, match="ARTIFICIAL_ANALYSIS_API_KEY: found") as caught:
        fetch(key)
    assert server.asked == []
    assert key.strip() == "" or key not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "headers", "error", "line"),
    [
        (401, {}, InputError, "ARTIFICIAL_ANALYSIS_API_KEY: found 'a key that Artificial Analysis refuses (401)'"),
        (403, {}, InputError, "ARTIFICIAL_ANALYSIS_API_KEY: found 'a key that Artificial Analysis refuses (403)'"),
        (429, {}, OfflineError, "the requests of this key are used up (429); try again tomorrow"),
        (429, {"retry_after": "30"}, OfflineError, "used up (429); try again in 30 s; what is kept stays"),
        (500, {}, OfflineError, "Artificial Analysis answered 500 instead of its list; what is kept stays"),
        (404, {}, OfflineError, "answered 404"),
    ],
)
def test_a_refusal_is_one_line_without_the_key(
    server: Server, fetch: Fetch, status: int, headers: dict[str, str], error: type[Exception], line: str
) -> None:
    for path in ("/language/models?page=1", "/language/models/free?page=1"):
        server.gives(path, f"your key {KEY} is bad\n".encode(), status, **headers)
    with pytest.raises(error) as caught:
        fetch()
    assert line in str(caught.value)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_redirect_is_not_followed_with_the_key(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", b"", 302, location=f"{server.url}/elsewhere")
    with pytest.raises(OfflineError, match="answered 302"):
        fetch()
    assert [path for path, _ in server.asked] == ["/language/models?page=1"]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"", "Artificial Analysis: found"),
        (b"<html>maintenance</html>", "allowed: their list of models (invalid json"),
        (b"[1, 2]", "allowed: their list of models"),
        (b'{"data": {}}', "Artificial Analysis: data: found {}; allowed: their list of models"),
        (b'{"data": [{"name": 7}]}', "Artificial Analysis: data.0.name: found 7"),
        (b'{"data": [{"name": "o3", "evaluations": [1]}]}', "data.0.evaluations: found [1]"),
        (b'{"data": [{"name": "o3", "evaluations": {"hle": "high"}}]}', "o3.hle: found 'high'; allowed: a number"),
        (b'{"data": [{"name": "o3", "evaluations": {"hle": NaN}}]}', "o3.hle: found nan; allowed: a number"),
        (b'{"data": []}', "found 'no score of any model of the catalog'"),
        (f'{{"data": "{KEY}"}}'.encode(), "data: found '***'"),
    ],
)
def test_what_is_no_list_of_theirs_is_one_line(server: Server, fetch: Fetch, body: bytes, line: str) -> None:
    server.gives("/language/models?page=1", body)
    with pytest.raises(InputError) as caught:
        fetch()
    assert line in str(caught.value)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_answer_cut_in_the_middle_is_one_line(server: Server, fetch: Fetch) -> None:
    server.gives("/language/models?page=1", a_page(a_row("o3", hle=0.1)), more_than_sent="100")
    with pytest.raises(OfflineError, match=r"could not be reached \(RemoteProtocolError\); what is kept stays"):
        fetch()


def test_a_list_that_never_ends_is_one_line(server: Server, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connectors, "_MOST_PAGES", 3)
    for number in range(1, 6):
        server.gives(f"/language/models?page={number}", a_page(a_row("o3", hle=0.1), number=number, more=True))
    with pytest.raises(InputError, match="found 'more than 3 pages'"):
        fetch()


def test_more_data_than_any_list_is_one_line(server: Server, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connectors, "_MOST_BYTES", 100)
    server.gives("/language/models?page=1", b" " * 1000)
    with pytest.raises(OfflineError, match="sent no end of data"):
        fetch()


def test_no_server_is_one_line(evaluations: dict[str, Evaluation], names: KnownNames) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(OfflineError, match=r"offline: Artificial Analysis could not be reached \(ConnectError\)"):
        fetch_artificial_analysis(KEY, TODAY, evaluations, names, f"http://127.0.0.1:{port}")


def test_no_network_is_one_line(evaluations: dict[str, Evaluation], names: KnownNames) -> None:
    with pytest.raises(OfflineError, match="offline: Artificial Analysis could not be reached"):
        fetch_artificial_analysis(KEY, TODAY, evaluations, names)


def test_every_field_has_a_skill_a_reason_and_a_source(evaluations: dict[str, Evaluation]) -> None:
    for one in evaluations.values():
        assert one.skill in SKILLS
        assert one.reason
        assert one.source.url.startswith("https://artificialanalysis.ai/")
        assert 0.0 <= one.chance < 1.0


def test_no_score_of_theirs_is_shipped() -> None:
    shipped = load_benchmarks(catalogs_dir() / "benchmarks.csv")
    assert not [name for name in shipped if name.startswith("artificial")]
    assert not (catalogs_dir() / "evidence" / "artificial-analysis.csv").exists()


def a_table(folder: Path, *lines: str, header: str = "model,benchmark,skill,score") -> Path:
    file = folder / "ours.csv"
    file.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return file


def test_a_users_table_is_read_with_its_name_as_attribution(tmp_path: Path) -> None:
    header = "model,benchmark,skill,score,n,date,variant,maker,released,total_params_b,chance"
    file = a_table(tmp_path, "my-model,Tickets,classification,0.9,120,2026-10,v2,Us,2026-02-01,8,0.1", header=header)
    (score,) = read_user_table(file).scores
    assert (score.model, score.benchmark, score.score, score.n, score.variant) == (
        "my-model",
        "Tickets",
        0.9,
        120,
        "v2",
    )
    assert (score.source, score.measured, score.released) == ("ours.csv", date(2026, 10, 1), date(2026, 2, 1))
    assert (score.total_params_b, score.chance, score.maker) == (8.0, 0.1, "Us")


def test_percentages_become_shares_and_ratings_stay(tmp_path: Path) -> None:
    lines = ("a,Quiz,math,75", "b,Quiz,math,50", "a,Duel,chat,1250", "b,Duel,chat,900")
    found = read_user_table(a_table(tmp_path, *lines)).scores
    assert [(one.benchmark, one.score, one.unit) for one in found] == [
        ("Quiz", 0.75, "share"),
        ("Quiz", 0.5, "share"),
        ("Duel", 1250.0, "elo"),
        ("Duel", 900.0, "elo"),
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a,Quiz,math,", "line 2: score: found ''"),
        ("a,Quiz,maths,0.5", "line 2: skill: found 'maths'"),
        ("a,Quiz,math", "line 2: found 3 cells"),
    ],
)
def test_a_wrong_line_of_a_table_is_told(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read_user_table(a_table(tmp_path, line))
    assert told in str(caught.value)


def test_a_wrong_date_of_a_table_is_told(tmp_path: Path) -> None:
    file = a_table(tmp_path, "a,Quiz,math,0.5,last week", header="model,benchmark,skill,score,date")
    with pytest.raises(InputError, match="line 2: date: found 'last week'; allowed: YYYY, YYYY-MM or YYYY-MM-DD"):
        read_user_table(file)
