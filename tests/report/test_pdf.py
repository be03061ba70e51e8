import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from planner.planning.plan import Plan
from planner.report.decision.lengths import plan_report
from planner.report.document import Document, Facts, Heading, Paragraph, Table, plain
from planner.report.pdf import pdf_of, typst_source
from planner.report.render import report_bytes


@pytest.fixture(scope="module")
def made(plan: Plan) -> bytes:
    return report_bytes(plan, ".pdf")


def objects(pdf: bytes) -> bytes:
    """The file with its compressed streams unpacked beside it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = []
    for stream in streams:
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join([pdf, *unpacked])


def test_it_is_a_pdf_of_several_pages(made: bytes) -> None:
    assert made.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", objects(made))) >= 4


def test_every_font_is_embedded(made: bytes) -> None:
    content = objects(made)
    descriptors = re.findall(rb"/Type\s*/FontDescriptor.*?(?=endobj|/Type\s*/FontDescriptor|\Z)", content, re.DOTALL)
    assert descriptors
    assert all(b"/FontFile" in one for one in descriptors)


def test_the_same_plan_gives_the_same_bytes(made: bytes, plan: Plan) -> None:
    assert report_bytes(plan, ".pdf") == made


def test_hostile_text_is_set_not_run(hostile: Plan) -> None:
    assert report_bytes(hostile, ".pdf").startswith(b"%PDF-")


def test_a_name_in_another_script_does_not_stop_it(plan: Plan) -> None:
    named = plan.model_copy(update={"workload": {**plan.workload, "name": "客户支持"}})
    assert report_bytes(named, ".pdf").startswith(b"%PDF-")


def test_all_text_of_others_stands_in_string_literals(hostile: Plan) -> None:
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', typst_source(plan_report(hostile)))
    assert "panic" not in outside
    assert "script" not in outside


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler's pdftotext")
def test_the_answer_can_be_read_from_it(made: bytes, plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "plan.pdf"
    file.write_bytes(made)
    told = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, text=True, check=True).stdout
    assert " ".join(plan.answer.split())[:60] in " ".join(told.split())


def pages_of(pdf: bytes, tmp_path: Path) -> list[str]:
    """Text of each page."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext")
    (tmp_path / "made.pdf").write_bytes(pdf)
    done = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "made.pdf"), "-"], check=True, capture_output=True, text=True
    )
    return [page for page in done.stdout.split("\f") if page.strip()]


def after_some_lines(filled: int, rows: int) -> Document:
    """A document whose table comes after so many lines of text."""
    table = Table(("Name", "How"), tuple((plain(f"row {n}."), plain("so")) for n in range(rows)), widths=(1.0, 3.0))
    text = [Paragraph(plain(f"line {n}")) for n in range(filled)]
    heading = Heading(3, "Sizing, line by line", "sizing")
    return Document("t", "k", plain("lead"), Facts(()), (*text, heading, Paragraph(plain("a note"), "note"), table))


@pytest.mark.parametrize("filled", [10, 25, 27, 28, 29, 30, 31, 32, 33])
def test_a_table_of_half_a_page_is_never_parted_nor_parted_from_its_heading(filled: int, tmp_path: Path) -> None:
    pages = pages_of(pdf_of(after_some_lines(filled, 16)), tmp_path)
    (page,) = [page for page in pages if "row 0." in page]
    assert all(text in page for text in ("Sizing, line by line", "a note", "row 15."))


@pytest.mark.parametrize("filled", [10, 25, 27, 28, 29, 30, 31, 32, 33])
def test_a_longer_table_starts_with_several_rows_and_repeats_its_head(filled: int, tmp_path: Path) -> None:
    pages = pages_of(pdf_of(after_some_lines(filled, 80)), tmp_path)
    (first,) = [page for page in pages if "row 0." in page]
    assert "Sizing, line by line" in first
    assert first.count("row ") >= 5
    assert all("How" in page for page in pages if "row " in page)
