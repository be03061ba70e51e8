"""The one call behind `--report`: the format is chosen by the file's suffix."""

from pathlib import Path

from planner.errors import InputError
from planner.planning.plan import Conflict, Outcome
from planner.report.conflict import conflict_document
from planner.report.decision.lengths import Length, plan_report
from planner.report.document import Document
from planner.report.docx import docx_of
from planner.report.html import html_of
from planner.report.markdown import markdown_of
from planner.report.pdf import pdf_of

SUFFIXES = (".html", ".pdf", ".md", ".docx", ".json")


def render_report(outcome: Outcome, path: Path | str, length: Length = "full") -> Path:
    """Write a plan's or a conflict's report to a file; InputError for a suffix outside SUFFIXES or a bad place."""
    target = Path(path)
    content = report_bytes(outcome, target.suffix.lower(), str(path), length)
    try:
        target.write_bytes(content)
    except OSError as error:
        reason = error.strerror or "cannot be written"
        raise InputError(str(path), "", found=reason, allowed="a file in a folder that can be written to") from error
    return target


def report_bytes(outcome: Outcome, suffix: str, file: str = "report", length: Length = "full") -> bytes:
    """The report's bytes for a suffix of SUFFIXES, for a download; InputError for any other."""
    if suffix not in SUFFIXES:
        raise InputError(file, "", found=suffix or "no suffix", allowed="a file name ending in " + ", ".join(SUFFIXES))
    if suffix == ".json":
        return (outcome.model_dump_json(indent=2) + "\n").encode()
    document = _document(outcome, length)
    if suffix == ".pdf":
        return pdf_of(document)
    if suffix == ".docx":
        return docx_of(document, file)
    return (html_of(document) if suffix == ".html" else markdown_of(document)).encode()


def _document(outcome: Outcome, length: Length) -> Document:
    return conflict_document(outcome) if isinstance(outcome, Conflict) else plan_report(outcome, length)
