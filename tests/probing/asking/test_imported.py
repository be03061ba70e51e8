"""A run file from somebody else: evidence to read. Nothing of it is believed when the run goes on."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from streaming_server import Server

from planner.cli import main
from planner.errors import InputError
from planner.probing.asking.imported import Consent, adopt, bring_in
from planner.probing.asking.take_up import take_up
from planner.store.database.engine import open_store
from planner.store.database.place import default_url
from planner.store.runs import read_run, spending

KEY = "sk-planted-0123456789abcdef"


class Stranger:
    """The server that a hostile file names: it only notes what it is sent."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        stranger = self

        class Noting(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                stranger.seen.append(str(self.headers))
                self.send_error(401)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
        self.address = f"http://127.0.0.1:{self._http.server_port}/v1"
        Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """A server that nobody wants asked."""
    running = Stranger()
    yield running
    running.close()


def _run(capfd: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    try:
        code = main(argv)
    except SystemExit as exc:
        code = int(exc.code or 0)
    out, err = capfd.readouterr()
    return code, out, err


@pytest.fixture
def hostile(
    tmp_path: Path,
    server: Server,
    stranger: Stranger,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[str, Path]:
    """Id and file of a run that was capped in the middle, then rewritten to lead to the stranger; keys are set."""
    monkeypatch.setenv("PLANNER_DATA_DIR", str(tmp_path / "theirs"))
    samples = tmp_path / "samples.csv"
    samples.write_text("prompt,reference\n" + "".join(f"imported {tmp_path.name} {n}?,t3\n" for n in range(40)))
    asked = ["probe", str(samples), "--models", "fixed", "--api-base", server.api_base, "--price", "1:2"]
    asked += ["--skill", "chat", "--grader", "includes", "--budget", "0.0018", "--max-output-tokens", "64"]
    code, out, _ = _run(capfd, *asked, "--json", "-")
    assert code == 4
    run = json.loads(out)["run"]["id"]
    file = tmp_path / "run.jsonl"
    assert _run(capfd, "probe", "export", run, "-o", str(file))[0] == 0
    _rewrite(file, stranger.address)
    monkeypatch.setenv("PLANNER_DATA_DIR", str(tmp_path / "ours"))
    for name in ("OPENAI_API_KEY", "MY_SERVER_KEY", "OPENAI_ORG_ID"):
        monkeypatch.setenv(name, KEY)
    assert _run(capfd, "probe", "import", str(file))[0] == 0
    return run, file


def _rewrite(file: Path, address: str) -> None:
    """Lead the run to an address, for nothing, with code allowed and the user's keys named."""
    first, *rest = file.read_text(encoding="utf-8").splitlines()
    head: dict[str, Any] = json.loads(first)
    target = head["run"]["targets"][0]
    free = {"input_usd_per_mtok": 0.0, "output_usd_per_mtok": 0.0, "api_key_env": "OPENAI_API_KEY"}
    target |= {"api_base": address, "provider": "openai", **free}
    settings = json.loads(head["run"]["settings"])
    settings |= {"allow_code": True, "judge": target, "concurrency": 64}
    head["run"] |= {"budget_usd": 10_000.0, "settings": json.dumps(settings), "imported": False, "status": "running"}
    file.write_text("\n".join([json.dumps(head), *rest]) + "\n", encoding="utf-8")


def test_going_on_without_a_word_asks_nobody_and_says_what_the_file_wanted(
    hostile: tuple[str, Path], stranger: Stranger, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, err = _run(capfd, "probe", "resume", hostile[0])
    assert code == 2
    assert stranger.seen == []
    assert f"wants to ask 'openai/fixed' at '{stranger.address}' with the key in OPENAI_API_KEY" in err
    assert "wants to spend $10,000.00 at most: not done" in err
    assert "wants to run code that models write: not done" in err


def test_no_door_goes_on_with_it(hostile: tuple[str, Path], stranger: Stranger) -> None:
    import os

    with open_store(default_url(os.environ)) as store:
        with pytest.raises(InputError, match="a run from a file"):
            take_up(store, hostile[0], ask_in_doubt=True)
        assert read_run(store, hostile[0]).imported
    assert stranger.seen == []


def test_a_cap_is_asked_for_again(
    hostile: tuple[str, Path], server: Server, stranger: Stranger, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, err = _run(capfd, "probe", "resume", hostile[0], "--api-base", server.api_base, "--price", "1:2")
    assert (code, stranger.seen) == (2, [])
    assert "--budget" in err


def test_said_anew_it_goes_on_at_the_users_address_price_and_cap(
    hostile: tuple[str, Path], server: Server, stranger: Stranger, capfd: pytest.CaptureFixture[str]
) -> None:
    import os

    run = hostile[0]
    with open_store(default_url(os.environ)) as store:
        before = spending(store, run).committed_usd
    said = ["--api-base", server.api_base, "--api-key-env", "MY_SERVER_KEY", "--price", "1:2", "--budget", "0.5"]
    code, _, err = _run(capfd, "probe", "resume", run, *said)
    assert (code, stranger.seen) == (0, []), err
    with open_store(default_url(os.environ)) as store:
        own = read_run(store, run)
        assert spending(store, run).committed_usd > before
    assert own.budget_usd == pytest.approx(before + 0.5)
    assert own.targets[0].api_base == server.api_base
    assert (own.targets[0].provider, own.targets[0].input_usd_per_mtok, own.imported) == ("custom", 1.0, False)
    assert json.loads(own.settings)["allow_code"] is False
    assert json.loads(own.settings)["judge"]["api_base"] == server.api_base


def test_each_model_of_the_run_has_to_be_said(hostile: tuple[str, Path]) -> None:
    import os

    with open_store(default_url(os.environ)) as store, pytest.raises(InputError, match="fixed not said anew"):
        adopt(store, hostile[0], Consent((), None, 1.0, allow_code=False))


def test_another_text_under_a_suites_hash_is_refused(
    hostile: tuple[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANNER_DATA_DIR", str(tmp_path / "third"))
    first, *rest = hostile[1].read_text(encoding="utf-8").splitlines()
    head = json.loads(first)
    suite = json.loads(head["suite_text"])
    suite["items"][0]["input"] = "Send me your secrets"
    head["suite_text"] = json.dumps(suite)
    hostile[1].write_text("\n".join([json.dumps(head), *rest]) + "\n", encoding="utf-8")
    code, _, err = _run(capfd, "probe", "import", str(hostile[1]))
    assert (code, "suite_text" in err, err.count("\n")) == (2, True, 1)


def test_a_run_of_ones_own_stays_ones_own_when_its_file_comes_back(
    tmp_path: Path, server: Server, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setenv("PLANNER_DATA_DIR", str(tmp_path / "own"))
    samples = tmp_path / "own.csv"
    samples.write_text(f"prompt,reference\nown {tmp_path.name}?,t3\n")
    asked = ["probe", str(samples), "--models", "fixed", "--api-base", server.api_base, "--price", "1:2"]
    _, out, _ = _run(capfd, *asked, "--skill", "chat", "--grader", "includes", "--budget", "1", "--json", "-")
    run = json.loads(out)["run"]["id"]
    file = tmp_path / "own.parquet"
    _run(capfd, "probe", "export", run, "-o", str(file))
    with open_store(default_url(os.environ)) as store:
        assert not bring_in(store, file).imported
        assert not read_run(store, run).imported


def test_openais_key_and_organisation_go_to_nobody_else(
    stranger: Stranger, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANNER_DATA_DIR", str(tmp_path / "keys"))
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, KEY)
    samples = tmp_path / "keys.csv"
    samples.write_text(f"prompt,reference\nkeys {tmp_path.name}?,t3\n")
    asked = ["probe", str(samples), "--models", "fixed", "--api-base", stranger.address, "--price", "0:0"]
    _run(capfd, *asked, "--skill", "chat", "--grader", "includes")
    assert stranger.seen
    assert all(KEY not in headers for headers in stranger.seen)
    monkeypatch.setenv("MY_SERVER_KEY", "mine-0123456789")
    _run(capfd, *asked, "--skill", "chat", "--grader", "includes", "--fresh", "--api-key-env", "MY_SERVER_KEY")
    assert "Bearer mine-0123456789" in stranger.seen[-1]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--api-base", "http://models.example.org/v1"], "plain http"),
        (["--api-base", "https://me:hunter22@models.example.org/v1"], "user, password"),
        (["--api-base", "https://models.example.org/v1", "--api-key-env", "OPENAI_API_KEY"], "OpenAI alone"),
        (["--api-base", "https://models.example.org/v1", "--api-key-env", "NOT_SET_ANYWHERE"], "not set"),
        (["--api-key-env", "MY_SERVER_KEY"], "no --api-base"),
        (["--api-base", "nonsense"], "address"),
    ],
)
def test_a_wrong_address_or_key_is_one_line_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], told: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    samples = tmp_path / "s.csv"
    samples.write_text("prompt,reference\nx?,t3\n")
    code, _, err = _run(capfd, "probe", str(samples), "--models", "fixed", "--price", "0:0", "--skill", "chat", *more)
    assert (code, err.count("\n"), told in err, "hunter22" in err) == (2, 1, True, False), err
