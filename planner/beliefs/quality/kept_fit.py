"""The skill model's fit, kept on disk by the content of what it was fitted to: the same scores are fitted once.

The file holds plain arrays (no pickled objects) and is only ever a copy: whatever is wrong with it, the fit is made
anew. Its name is a hash of all scores, of the fitting code and of numpy's version, so that none of them can change
unseen.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np

from planner.beliefs.quality import skill_model
from planner.beliefs.quality.skill_model import Cells, SkillFit, fit_skill_model

_FOLDER: Final = "fits"
_KEPT: Final = 3
"""Newest files that stay, a few megabytes each."""


def recall_skill_fit(cells: Cells, folder: Path | None) -> SkillFit:
    """The fit to these scores: read from the user's `folder` when it is kept there, else made and kept; None: made."""
    if folder is None:
        return fit_skill_model(cells)
    path = folder / _FOLDER / f"skills-{_content_hash(cells)}.npz"
    fit = _read(path)
    if fit is None:
        fit = fit_skill_model(cells)
        with suppress(OSError):  # a full or read-only disk: next time it is fitted again
            _write(path, fit)
    return fit


def _content_hash(cells: Cells) -> str:
    """Of every array that the fit is made from, and of what makes it."""
    digest = hashlib.blake2b(np.__version__.encode(), digest_size=12)
    digest.update(Path(skill_model.__file__).read_bytes())
    for field in fields(cells):
        values = np.ascontiguousarray(getattr(cells, field.name))
        digest.update(f"\0{field.name} {values.dtype.str} {values.shape}\0".encode())
        digest.update(values.data)
    return digest.hexdigest()


def _read(path: Path) -> SkillFit | None:
    """The kept fit; None when there is none or its file is damaged (every array in it has a checksum)."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            arrays = {field.name: kept[field.name] for field in fields(SkillFit)}
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return None
    tau2 = float(arrays.pop("tau2"))
    return SkillFit(**arrays, tau2=tau2)


def _write(path: Path, fit: SkillFit) -> None:
    """Write beside it and move there, so that no other process reads half a file; drop all but the newest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.stem}.{os.getpid()}.part")
    arrays = {field.name: np.asarray(getattr(fit, field.name)) for field in fields(fit)}
    try:
        with half.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    kept = sorted(path.parent.glob("skills-*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in kept[_KEPT:]:
        old.unlink(missing_ok=True)
