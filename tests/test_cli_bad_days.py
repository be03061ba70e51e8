"""The door on bad days: full disks, closed pipes, terminals of few letters, names that would move a cursor."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from planner.cli import main
from planner.cli.output import write_text
from planner.errors import InputError, PlannerError, StoreError, one_line
from planner.planning.what_if.changes import parse_change


def _planner(*argv: str, after: str = "", **environment: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "planner.cli", *argv]
    settings = {**os.environ, **environment}
    if after:
        return subprocess.run(
            ["bash", "-c", f'"$@" {after}', "-", *command], capture_output=True, env=settings, check=False
        )
    return subprocess.run(command, capture_output=True, env=settings, check=False)


def test_a_full_device_ends_in_one_line() -> None:
    done = _planner("schema", "workload", after="> /dev/full")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"no space left" in done.stderr


def test_a_closed_standard_output_ends_in_one_line() -> None:
    done = _planner("schema", "workload", after=">&-")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)


def test_a_reader_that_goes_away_ends_without_a_word() -> None:
    done = _planner("schema", "workload", after="| head -c 10; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("command", [("models",), ("probe", "show", "r-größe")])
def test_a_terminal_of_few_letters_is_enough(command: tuple[str, ...]) -> None:
    done = _planner(*command, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert b"Traceback" not in done.stderr
    assert b"fault of ours" not in done.stderr


def test_json_is_utf_8_whatever_the_terminal_is(tmp_path: Path) -> None:
    code = "from planner.cli.output import write_json; write_json('-', {'name': 'größte'})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True
    )
    assert json.loads(done.stdout.decode("utf-8")) == {"name": "größte"}
    del tmp_path


def test_a_file_that_cannot_be_written_whole_is_not_there(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_text(str(kept), "--json", "a lone \ud800 surrogate")
    assert kept.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["kept.json"]
    with pytest.raises(InputError):
        write_text("/proc/nowhere/x.json", "--json", "x")


NASTY = ["a\nb", "a\x1b[2J", "a\u202eb", "a\u2066b", "a\x00b", "a\rb", "a\x85b", "a\u2028b", "x" * 100_000, "\ud800"]


@pytest.mark.parametrize("nasty", NASTY)
def test_a_message_is_one_short_line_of_plain_letters(nasty: str) -> None:
    errors = [
        InputError(nasty, nasty, found=nasty, allowed=nasty),
        InputError("f", "x", found=[nasty], allowed="y"),
        StoreError(nasty),
        PlannerError(nasty),
    ]
    for error in errors:
        said = str(error)
        assert said.isprintable()
        assert len(said) <= 2000
        said.encode("utf-8")


def test_a_number_of_thousands_of_digits_is_told_too() -> None:
    assert "thousands of digits" in str(InputError("f", "x", found=10**5000, allowed="y"))


@pytest.mark.parametrize("nasty", NASTY[:-2])
def test_a_wrong_argument_is_one_plain_line(capfd: pytest.CaptureFixture[str], nasty: str) -> None:
    for argv in (["plan", "w.yaml", f"--{nasty}"], [nasty], ["plan", f"no{nasty}.yaml"]):
        with pytest.raises(SystemExit) if argv[0] != "plan" or argv[1].startswith("w") else _nothing():
            assert main(argv) == 2
        err = capfd.readouterr().err
        assert err.count("\n") == 1
        assert err.rstrip("\n").isprintable()


class _nothing:  # noqa: N801 (stands where a context is asked for)
    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    "value",
    [
        "[" * 10_000,
        "[[1]]",
        "{a: {b: 1}}",
        "{a: [1]}",
        "!!python/object/apply:os.system [true]",
        "&a 1",
        "*a",
        "x" * 3000,
        "a\nb",
        "- 1",
        "'",
        "{",
        "--- 1\n--- 2",
        "? [1]",
    ],
)
def test_what_no_change_can_be_is_one_line(value: str) -> None:
    if value == "- 1":
        assert parse_change(f"a.b={value}").value == [1]
        return
    with pytest.raises(InputError) as refused:
        parse_change(f"a.b={value}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-99-99", "2024-99-99"),
        ("2024-01-01", "2024-01-01"),
        ("[eu, us]", ["eu", "us"]),
        ("0.9", 0.9),
        ("null", None),
        ("", None),
        ("true", True),
        ("1e6", 1e6),
        ("{at_least: 0.95, of: best}", {"at_least": 0.95, "of": "best"}),
    ],
)
def test_scalars_and_lists_on_one_line_are_read(text: str, value: object) -> None:
    assert parse_change(f"a.b={text}").value == value


def test_one_line_keeps_what_is_plain() -> None:
    assert one_line("größte  Zahl ✓") == "größte Zahl ✓"
