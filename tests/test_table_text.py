"""Tables as people export them: every usual encoding, delimiter and oddity; what is no text is one line."""

import pytest

from planner.errors import InputError
from planner.table_text import decode_table, read_table

TEXT = "prompt,reference\nHauptstadt von Österreich?,Wien\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    assert decode_table(TEXT.encode(encoding), "a.csv") == TEXT


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n\x00\x01\x02", b"PK\x03\x04\x14\x00\x06\x00"])
def test_what_is_no_text_is_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(InputError, match="Windows-1252"):
        decode_table(content, "a.csv")


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "a;b\n1;2\n",
        "a\tb\n1\t2\n",
        "a|b\n1|2\n",
        "sep=;\na;b\n1;2\n",
        '"sep=\t"\na\tb\n1\t2\n',
        '"a";"b"\n1;2\n',
        "a,b,,\n1,2,,\n",
        "a,b\n\n1,2,\n\n",
        "a,b\r\n1,2\r\n",
    ],
)
def test_header_and_row_are_found_however_they_are_written(text: str) -> None:
    table = read_table(text, "a.csv")
    assert (table.header, [cells for _, cells in table.rows]) == (("a", "b"), [("1", "2")])


def test_a_delimiter_inside_quotes_is_text() -> None:
    table = read_table('"which (x, y, or z)";answer\n"1, 2, 3";4\n', "a.csv")
    assert table.header == ("which (x, y, or z)", "answer")
    assert table.rows == ((2, ("1, 2, 3", "4")),)


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    table = read_table('sep=,\na,b\n"x\ny",2\n3,4\n', "a.csv")
    assert [line for line, _ in table.rows] == [3, 5]
    with pytest.raises(InputError, match=r"line 4: found 3 cells; allowed: 2"):
        read_table("sep=,\na,b\n1,2\n1,2,3\n", "a.csv")
