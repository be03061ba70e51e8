"""Files as they go wrong: refused in one line that names the file, or counted; never silently dropped."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from planner.catalog.load import load_catalog
from planner.errors import InputError
from planner.logs import Profile, profile_log, read_logs

HEADER = "timestamp,request_id,input_tokens,output_tokens\n"
GOOD = "".join(f"{n}.5,r{n},100,10\n" for n in range(1, 40))


def _profile(*paths: Path) -> Profile:
    return profile_log(read_logs([str(path) for path in paths]), load_catalog())


def _refused(*paths: Path) -> str:
    with pytest.raises(InputError) as told:
        _profile(*paths)
    text = str(told.value)
    assert "\n" not in text
    return text


def test_no_file_a_folder_and_a_glob_that_fits_nothing(tmp_path: Path) -> None:
    assert "found nothing" in _refused(tmp_path / "gone.csv")
    assert "found a folder" in _refused(tmp_path)
    assert "a glob that no file fits" in _refused(tmp_path / "*.csv")


def test_empty_files(tmp_path: Path, csv_file: Callable[..., Path]) -> None:
    (tmp_path / "nil.csv").write_bytes(b"")
    (tmp_path / "nil.csv.gz").write_bytes(gzip.compress(b""))
    pq.write_table(pa.table({"timestamp": pa.array([], pa.float64())}), tmp_path / "nil.parquet")
    assert "an empty file" in _refused(tmp_path / "nil.csv")
    assert "an empty file" in _refused(tmp_path / "nil.csv.gz")
    assert "no rows" in _refused(tmp_path / "nil.parquet")
    assert "no rows" in _refused(csv_file(HEADER))


def test_a_package_that_ends_in_the_middle(tmp_path: Path) -> None:
    whole = gzip.compress((HEADER + GOOD * 200).encode())
    (tmp_path / "half.csv.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "half.jsonl.gz").write_bytes(gzip.compress(b'{"timestamp": 1}\n' * 5000)[:60])
    assert "ends in the middle" in _refused(tmp_path / "half.csv.gz")
    assert "ends in the middle" in _refused(tmp_path / "half.jsonl.gz")
    (tmp_path / "whole.csv.gz").write_bytes(gzip.compress((HEADER + GOOD).encode()))
    assert _profile(tmp_path / "whole.csv.gz").served == 39


def test_parquet_that_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"timestamp": [1.5, 2.5], "input_tokens": [1, 2], "output_tokens": [1, 2]}), path)
    content = path.read_bytes()
    (tmp_path / "cut.parquet").write_bytes(content[:-20])
    (tmp_path / "noise.parquet").write_bytes(content[:4] + bytes(len(content) - 40) + content[-36:])
    assert "cut.parquet" in _refused(tmp_path / "cut.parquet")
    assert "noise.parquet" in _refused(tmp_path / "noise.parquet")


def test_a_row_of_another_number_of_columns_is_named(csv_file: Callable[..., Path]) -> None:
    told = _refused(csv_file(HEADER + GOOD + "41.5,r41,100\n"))
    assert "line 41" in told
    assert "another number of columns" in told


def test_tokens_that_cannot_be_are_counted_out_with_their_row(csv_file: Callable[..., Path]) -> None:
    bad = "50.5,x1,-5,10\n51.5,x2,99000000,10\n52.5,x3,many,10\nyesterday,x4,100,10\n"
    found = _profile(csv_file(HEADER + GOOD + bad))
    faults = {one.reason: (one.rows, one.example) for one in found.left if one.kind == "fault"}
    assert faults == {
        "input_tokens: negative": (1, "row 40"),
        "input_tokens: above 10,000,000 in one request": (1, "row 41"),
        "input_tokens: nothing, or no number": (1, "row 42"),
        "time: no date or number": (1, "row 43"),
    }
    assert (found.rows, found.served) == (43, 39)


def test_too_many_rows_that_cannot_be_read_are_no_log(csv_file: Callable[..., Path]) -> None:
    told = _refused(csv_file(HEADER + "1.5,a,-5,10\n2.5,b,100,10\n3.5,c,100,10\n"))
    assert "1 of 3 rows" in told
    assert "row 1" in told
    assert "negative" in told


def test_a_line_that_is_no_json_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    line = '{"timestamp": %d.5, "input_tokens": 5, "output_tokens": 5}\n'
    path.write_text("".join(line % n for n in range(30)) + '{"timestamp": 31.5, "input_to')
    found = _profile(path)
    assert (found.rows, found.served) == (31, 30)
    assert [(one.reason, one.example) for one in found.left] == [("a line that is no JSON", "row 31")]


def test_files_of_different_formats_and_columns(csv_file: Callable[..., Path], jsonl: Callable[..., Path]) -> None:
    plain = csv_file(HEADER + GOOD)
    trace = jsonl([{"timestamp": 1, "input_length": 5, "output_length": 5}])
    assert "files of one format" in _refused(plain, trace)
    more = csv_file("timestamp,input_tokens,output_tokens,latency_ms\n99.5,100,10,250\n", "more.csv")
    both = _profile(plain, more)
    assert both.served == 40
    assert both.segments[0].spreads["latency_ms"].n == 1


def test_bytes_that_are_no_text_and_a_header_that_is_none(tmp_path: Path, csv_file: Callable[..., Path]) -> None:
    (tmp_path / "utf16.csv").write_bytes((HEADER + GOOD).encode("utf-16"))
    (tmp_path / "latin.csv").write_bytes((HEADER + GOOD).encode() + "9.5,ü,1,1\n".encode("latin-1"))
    assert "utf16.csv" in _refused(tmp_path / "utf16.csv")
    assert "latin.csv" in _refused(tmp_path / "latin.csv")
    assert "columns" in _refused(csv_file("0.1,5,6\n0.2,5,5\n", "bare.csv"))
    assert "twice" in _refused(csv_file("timestamp,input_tokens,input_tokens\n1,2,3\n", "twice.csv"))
