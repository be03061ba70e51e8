import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from planner.planning.plan import Plan
from planner.report.contents import plan_document
from planner.report.pdf import typst_source
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
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', typst_source(plan_document(hostile)))
    assert "panic" not in outside
    assert "script" not in outside


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler's pdftotext")
def test_the_answer_can_be_read_from_it(made: bytes, plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "plan.pdf"
    file.write_bytes(made)
    told = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, text=True, check=True).stdout
    assert " ".join(plan.answer.split())[:60] in " ".join(told.split())
