"""`models refresh --evidence` and `--forget` from the command line: kept in the store, shown with their source."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.catalog.evidence import connectors
from planner.cli import main
from tests.catalog.evidence.test_connectors import KEY, Server, a_page, a_row

ROWS = "model,benchmark,skill,score,n\nGPT-4.1,Tickets,classification,0.91,200\no3,Tickets,classification,0.95,200\n"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Artificial Analysis on loopback, with made-up values, and a key in the environment."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(connectors, "API_URL", running.url)
        monkeypatch.setenv("ARTIFICIAL_ANALYSIS_API_KEY", KEY)
        running.gives("/language/models?page=1", a_page(a_row("GPT-4.1", hle=0.11), a_row("Nobody 9", hle=0.2)))
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "ours.csv"
    file.write_text(ROWS)
    return file


def _run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    code = main([str(word) for word in argv])
    told = capsys.readouterr()
    return code, told.out, told.err


def _data() -> Path:
    return Path(os.environ["PLANNER_DATA_DIR"])


def test_fetched_scores_are_kept_shown_and_attributed(capsys: pytest.CaptureFixture[str], server: Server) -> None:
    code, out, err = _run(capsys, "models", "refresh", "--evidence", "artificial-analysis")
    assert (code, err) == (0, "")
    assert "1 score of 1 model on 1 benchmark kept (pro key)" in out
    assert "Artificial Analysis, https://artificialanalysis.ai/" in out
    assert "Nobody 9" in out
    _, shown, _ = _run(capsys, "models", "show", "gpt-4.1", "--json", "-")
    assert '"benchmark": "artificial-analysis:hle"' in shown
    assert '"source": "Artificial Analysis, https://artificialanalysis.ai/"' in shown
    assert len(server.asked) == 1


def test_the_key_is_in_no_file_and_in_no_output(capsys: pytest.CaptureFixture[str], server: Server) -> None:
    told = "".join(map(str, _run(capsys, "models", "refresh", "--evidence", "artificial-analysis")))
    server.gives("/language/models?page=1", f"{KEY} is bad".encode(), 401)
    told += "".join(map(str, _run(capsys, "models", "refresh", "--evidence", "artificial-analysis")))
    assert KEY not in told
    written = [path.read_bytes() for path in _data().rglob("*") if path.is_file()]
    assert written
    assert not [text for text in written if KEY.encode() in text]


def test_a_failed_fetch_keeps_what_is_kept(capsys: pytest.CaptureFixture[str], server: Server) -> None:
    _run(capsys, "models", "refresh", "--evidence", "artificial-analysis")
    server.gives("/language/models?page=1", b"{", 200)
    code, out, err = _run(capsys, "models", "refresh", "--evidence", "artificial-analysis")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "artificial-analysis:hle" in _run(capsys, "models", "show", "gpt-4.1", "--json", "-")[1]


def test_without_a_key_it_says_where_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "models", "refresh", "--evidence", "artificial-analysis")
    assert (code, out) == (2, "")
    assert err == (
        "planner: ARTIFICIAL_ANALYSIS_API_KEY: found 'nothing'; "
        "allowed: your own key, from https://artificialanalysis.ai/, in the environment\n"
    )
    assert list(_data().iterdir()) == []


def test_a_users_table_is_kept_and_forgotten_by_its_name(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    code, out, _ = _run(capsys, "models", "refresh", "--evidence", table)
    assert code == 0
    assert "2 scores of 2 models on 1 benchmark kept" in out
    assert '"user:Tickets"' in _run(capsys, "models", "show", "gpt-4.1", "--json", "-")[1]
    code, out, _ = _run(capsys, "models", "refresh", "--forget", "ours.csv")
    assert (code, out) == (0, "ours.csv: 2 scores dropped.\n")
    assert "user:Tickets" not in _run(capsys, "models", "show", "gpt-4.1", "--json", "-")[1]


def test_a_table_read_again_replaces_itself(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    _run(capsys, "models", "refresh", "--evidence", table)
    table.write_text(ROWS.replace("0.91", "0.42"))
    _run(capsys, "models", "refresh", "--evidence", table)
    shown = _run(capsys, "models", "show", "gpt-4.1", "--json", "-")[1]
    assert shown.count('"user:Tickets"') == 1
    assert '"score": 0.42' in shown


@pytest.mark.parametrize("source", ["artificial-analysis", "ours.csv"])
def test_forgetting_what_is_not_kept_says_so(capsys: pytest.CaptureFixture[str], source: str) -> None:
    code, out, err = _run(capsys, "models", "refresh", "--forget", source)
    assert (code, out) == (2, "")
    assert err == f"planner: --forget: found '{source}'; allowed: nothing: no scores are kept\n"
    assert list(_data().iterdir()) == []


def test_forgetting_another_name_tells_what_is_kept(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    _run(capsys, "models", "refresh", "--evidence", table)
    _, _, err = _run(capsys, "models", "refresh", "--forget", "theirs.csv")
    assert err == "planner: --forget: found 'theirs.csv'; allowed: one of ours.csv\n"


@pytest.mark.parametrize("option", ["--evidence", "--forget"])
def test_an_unknown_source_is_one_line(capsys: pytest.CaptureFixture[str], option: str) -> None:
    code, _, err = _run(capsys, "models", "refresh", option, "leaderboards")
    assert code == 2
    assert err == "planner: source: found 'leaderboards'; allowed: artificial-analysis, or FILE.csv\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "found 'nothing'; allowed: a CSV file"),
        ("model,score\na,1\n", "header: found 'model, score'; allowed: columns model, benchmark, skill, score"),
        ("model,benchmark,skill,score\na,b,math,high\n", "line 2: score: found 'high'; allowed: a number"),
    ],
)
def test_a_wrong_table_is_one_line_and_keeps_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | None, told: str
) -> None:
    file = tmp_path / "ours.csv"
    if text is not None:
        file.write_text(text)
    code, out, err = _run(capsys, "models", "refresh", "--evidence", file)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1
    assert list(_data().iterdir()) == []


def test_listing_models_makes_no_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "models")[0] == 0
    assert list(_data().iterdir()) == []


def test_a_plan_names_the_kept_scores_that_it_rests_on(
    capsys: pytest.CaptureFixture[str], server: Server, root: Path
) -> None:
    workload = root / "catalogs" / "workloads" / "ticket-triage.yaml"
    plain = _run(capsys, "plan", workload, "--json", "-")[1]
    rows = [a_row(name, hle=0.1 + number / 200) for number, name in enumerate(_names(plain, capsys))]
    server.gives("/language/models?page=1", a_page(*rows))
    _run(capsys, "models", "refresh", "--evidence", "artificial-analysis")
    code, out, _ = _run(capsys, "plan", workload, "--json", "-")
    assert code == 0
    assert "that you keep" in out
    assert '"source": "Artificial Analysis, https://artificialanalysis.ai/"' in out
    assert '"url": "https://artificialanalysis.ai/"' in out
    assert _version(out) != _version(plain)


def _names(plan: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Names of all models of the catalog: whichever the plan takes has a score then."""
    import json

    assert json.loads(plan)["status"] == "optimal"
    listed = json.loads(_run(capsys, "models", "--json", "-")[1])["models"]
    return [row["id"] for row in listed]


def _version(plan: str) -> str:
    import json

    return str(json.loads(plan)["catalog_version"])
