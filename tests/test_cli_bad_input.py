"""Wrong input to the command line: one line on standard error, exit code 2, nothing else, nothing written."""

from pathlib import Path

import pytest

from planner.cli import main
from planner.resources import catalogs_dir

TRIAGE = catalogs_dir() / "workloads" / "ticket-triage.yaml"
GOOD = TRIAGE.read_text(encoding="utf-8")
SECOND = GOOD[GOOD.index("  - name") :]


def _refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line; everything else about a refusal is checked here."""
    try:
        code = main(argv)
    except SystemExit as exc:
        code = int(exc.code or 0)
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert "Traceback" not in err
    assert len(err) < 800
    return err


def _with(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_with("classification", "sorting"), "segments[0].skill: found 'sorting'; allowed: one of classification"),
        (_with("1500000", "-1500000"), "segments[0].requests_per_month: found -1500000; allowed: a number above 0"),
        (_with("p95: 900", "p95: 100"), "segments[0].input_tokens: found p95 (100) is below the mean (420)"),
        (
            _with("quality_floor", "quality_flor"),
            "quality_flor: found a field that does not exist; allowed: quality_floor",
        ),
        (_with("skill: classification", "skill: [classification"), "line"),
        (_with("name: Support", "name: &a Support"), "found an anchor"),
        (_with("0.90", "!!python/name:os.system"), "found a tag"),
        (GOOD + SECOND, "two segments are named 'ticket-triage'"),
        ("a: &a [x]\nb: [*a, *a]\n", "found an anchor"),
        ("", "found an empty file"),
        ("just text", "found the text 'just text' at the top"),
        ("version: 1\nversion: 1\n", "the key 'version' twice"),
    ],
)
def test_a_wrong_workload_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "workload.yaml"
    path.write_text(text, encoding="utf-8")
    line = _refused(capsys, "plan", str(path))
    assert said in line
    assert line.startswith(f"planner: {path}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\x01\x02\x03", "a binary file"),
        (b"name: \xff\xfe", "bytes that are not UTF-8"),
        (GOOD.encode("utf-16"), "bytes that are not UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "workload.yaml"
    path.write_bytes(content)
    assert said in _refused(capsys, "plan", str(path))


def test_a_file_of_200_mb_is_refused_unread(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "workload.yaml"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    assert "found 200.0 MB; allowed: a file of at most 2 MB" in _refused(capsys, "plan", str(path))


def test_a_directory_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "found a directory; allowed: a file" in _refused(capsys, "plan", str(tmp_path))


def test_a_missing_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no such file" in _refused(capsys, "plan", "nowhere.yaml")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--json", "no/such/folder/plan.json", "no such folder"),
        ("--json", ".", "a folder"),
        ("--report", "plan.odt", "ends in .html, .pdf, .md"),
        ("--report", "no/such/folder/plan.html", "no such folder"),
        ("--report", "-", "ends in .html"),
        ("--set", "limits.max_models", "PATH=VALUE"),
        ("--set", "limits.max_model=3", "max_models"),
        ("--set", "limits.max_models=0", "limits.max_models"),
        ("--set", "segments.triage.requests_per_month=3", "ticket-triage"),
        ("--set", "confidence=sure", "confidence"),
        ("--pareto", "1", "a whole number from 2 to 200"),
        ("--pareto", "many", "a whole number from 2 to 200"),
    ],
)
def test_a_wrong_option_is_refused(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    option: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in _refused(capsys, "plan", str(TRIAGE), option, value)
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_refused_before_the_workload_is_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    line = _refused(capsys, "plan", "nowhere.yaml", "--json", str(tmp_path / "no" / "plan.json"))
    assert "--json" in line


@pytest.mark.parametrize(
    "vary",
    [
        "confidence",
        "confidence=1",
        "confidence=0.6:0.9",
        "confidence=0.9:0.6:4",
        "confidence=a:b:4",
        "confidence=0:nan:4",
        "confidence=0.6:0.9:1",
        "confidence=0.6:0.9:9999",
        "confidence=x1:2:3",
        "=1:2:3",
    ],
)
def test_a_wrong_range_is_refused(capsys: pytest.CaptureFixture[str], vary: str) -> None:
    assert "allowed:" in _refused(capsys, "whatif", str(TRIAGE), "--vary", vary)


def test_a_range_that_leaves_what_a_field_allows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "confidence" in _refused(capsys, "whatif", str(TRIAGE), "--vary", "confidence=0.9:3:4")


def test_an_unknown_skill_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "found 'cooking'; allowed: one of" in _refused(capsys, "models", "--skill", "cooking")


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "invalid choice: 'plna'" in _refused(capsys, "plna")


def test_debug_shows_where_it_happened() -> None:
    from planner.errors import InputError

    with pytest.raises(InputError):
        main(["plan", "nowhere.yaml", "--debug"])
