"""Where a command writes: refused before any work is done, written at its end."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from planner.errors import InputError


def check_output(path: str | None, option: str, endings: Sequence[str]) -> None:
    """Refuse a path that cannot be written before any work is done."""
    if path is None or (path == "-" and not endings):
        return
    file = Path(path)
    if endings and file.suffix.lower() not in endings:
        raise InputError(option, "", found=path, allowed=f"a file that ends in {', '.join(endings)}")
    try:
        folder_there, is_folder = file.parent.is_dir(), file.is_dir()
    except (OSError, ValueError):
        raise InputError(option, "", found=path, allowed="a file name") from None
    if is_folder or not folder_there:
        found = f"{path} (a folder)" if is_folder else f"{path} (no such folder)"
        raise InputError(option, "", found=found, allowed="a file in an existing folder")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise InputError(option, "", found=f"{path} (no permission)", allowed="a file that can be written")


def write_json(path: str, content: object) -> None:
    """Write dataclasses or plain data as JSON; what is no number becomes null."""
    from pydantic_core import to_json

    write(path, to_json(content, indent=2, inf_nan_mode="null").decode() + "\n")


def write(path: str, text: str) -> None:
    """Write the text of --json to a file, or to standard output for '-'."""
    if path == "-":
        _write_out(text)
        return
    write_text(path, "--json", text)


def _write_out(text: str) -> None:
    """JSON is UTF-8 whatever the terminal's letters are."""
    if (sys.stdout.encoding or "").lower().replace("-", "") == "utf8" or not hasattr(sys.stdout, "buffer"):
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()


def write_text(path: str, option: str, text: str) -> None:
    """Write a text to the file of an option: whole, or not at all."""
    file = Path(path)
    try:
        if file.exists() and not file.is_file():
            # A device or a pipe takes what it is given.
            file.write_text(text, encoding="utf-8")
            return
        part = file.with_name(f".{file.name}.part")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        raise InputError(option, "", found=path, allowed=f"a file that can be written ({why(exc)})") from exc


def why(exc: OSError) -> str:
    """The system's reason, as it stands in a sentence."""
    return (exc.strerror or type(exc).__name__).lower()
