"""YAML that cannot surprise."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.workload.yaml_text import dump_yaml, parse_yaml, printable, read_text

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"


def _refusal(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "w.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "found", "field"),
    [
        (BOMB, "an anchor", "line 1, column 4"),
        ("a: *b", "an alias", "line 1, column 4"),
        ("a: !!python/object/apply:os.system ['true']", "a tag", "line 1, column 4"),
        ("a: !mine 3", "a tag (!mine)", "line 1, column 4"),
        ("[" * 5000, "more than 20 levels", "line 1, column 21"),
        ("a: 1\nb: 2\na: 3", "the key 'a' twice", "line 3, column 1"),
        ("a: {b: 1, b: 2}", "the key 'b' twice", "line 1, column 11"),
        ("a: 1\n\tb: 2", "a tab character", "line 2"),
        ("a: [1, 2", "something other than the expected", "line"),
        ("a: 1\n---\nb: 2", "2 YAML documents", ""),
        ("? [1, 2]\n: 3", "a key that is no text", "line 1, column 3"),
        ("a: \x07", "control characters are not allowed", ""),
    ],
)
def test_a_refused_text_is_one_line_with_its_place(text: str, found: str, field: str) -> None:
    error = _refusal(text)
    assert found in error.found
    assert error.field.startswith(field)
    assert "\n" not in str(error)


def test_a_bomb_is_refused_before_it_is_expanded() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    assert "an anchor" in _refusal("\n".join(lines)).found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("1_500_000", 1_500_000),
        ("010", 10),
        ("1e6", 1e6),
        ("1.5e-3", 1.5e-3),
        (".5", 0.5),
        ("-3", -3),
        ("12:30", "12:30"),
        ("2026-11-24", "2026-11-24"),
        ("0x1F", "0x1F"),
        ("'1'", "1"),
        ("eu", "eu"),
    ],
)
def test_a_plain_scalar_reads_as_people_mean_it(text: str, value: object) -> None:
    parsed = parse_yaml(f"a: {text}", "w.yaml")
    assert parsed == {"a": value}
    assert type(parsed["a"]) is type(value)  # type: ignore[index]  # a dict, by the line above


def test_a_merge_key_is_an_ordinary_key() -> None:
    assert parse_yaml("<<: {a: 1}", "w.yaml") == {"<<": {"a": 1}}


_words = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)
_scalars = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(-1e12, 1e12) | _words
_trees = st.recursive(_scalars, lambda part: st.lists(part, max_size=4) | st.dictionaries(_words, part, max_size=4))


@given(st.dictionaries(_words, _trees, max_size=5))
def test_what_is_dumped_reads_back(data: dict[str, object]) -> None:
    assert parse_yaml(dump_yaml(data), "w.yaml") == data


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found a directory"):
        read_text(tmp_path, "w.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found no such file"):
        read_text(tmp_path / "w.yaml", "w.yaml")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    with path.open("wb") as file:
        file.truncate(200_000_000)  # sparse: takes no room on the disk
    with pytest.raises(InputError, match=r"found 200\.0 MB"):
        read_text(path, "w.yaml")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\x7fELF\x00\x01", "a binary file"),
        ("name: Käse".encode("latin-1"), "bytes that are not UTF-8"),
        ("name: x".encode("utf-16"), "bytes that are not UTF-8"),
    ],
)
def test_bytes_that_are_no_utf8_text_are_refused(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=found):
        read_text(path, "w.yaml")


def test_a_wrong_byte_is_found_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(b"a: 1\nb: 2\nc: \xff\n")
    with pytest.raises(InputError) as caught:
        read_text(path, "w.yaml")
    assert caught.value.field == "line 3"


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes("a: é".encode("utf-8-sig"))
    assert read_text(path, "w.yaml") == "a: é"


def test_a_device_of_endless_text_is_no_file() -> None:
    with pytest.raises(InputError, match=r"no regular file"):
        read_text(Path("/dev/zero"), "/dev/zero")


def test_a_file_name_cannot_break_the_line() -> None:
    assert printable("a\nb\x1b[31m") == "a?b?[31m"
    assert len(printable("x" * 5000)) < 200
