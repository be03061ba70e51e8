"""GPUs as tools print them: nvidia-smi, torch, rocm-smi, Kubernetes labels, people.

A name is read as three parts: what it is called (h100, rtx 4090, mi300x), its form (SXM, PCIe, NVL) and its memory. A
form or memory left out is no contradiction; one that contradicts the catalog's means another GPU, and so does any word
more ('4090 Laptop', '4090 D', '3080 Ti', a MIG slice): for these the answer is None, not the nearest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from planner.catalog.files import load_csv_rows
from planner.catalog.names.spelling import folded_name
from planner.catalog.schema import Catalog, Gpu
from planner.resources import catalogs_dir

_LISTED: Final = re.compile(r"^gpu \d+: |\(uuid:.*\)$")
_PROPERTIES: Final = re.compile(r"name='([^']+)'")
_FORMS: Final = {"sxm": "sxm", "pcie": "pcie", "nvl": "nvl", "oam": "sxm"}
_FORM: Final = re.compile(r"(?<![a-z])(sxm\d?|pcie|nvl|oam)(?![a-z])")
_MEMORY: Final = re.compile(r"(?<![\d.])(\d{1,3})\s?gi?b?(?![a-z0-9])")
_SILENT: Final = re.compile(
    r"(?<![a-z0-9])(?:nvidia|corporation|amd|intel|instinct|radeon|geforce|tesla|quadro|blackwell|hopper|virtualized|gpu"
    r"|per|generation|graphics|(?:server|workstation) edition|hbm\d?e?|gddr\d\w?|ac)(?![a-z0-9])"
)
_CONVENTION: Final = {"h100": "sxm", "h200": "sxm", "b200": "sxm", "b300": "sxm"}
"""Form of a GPU whose tools print none: nvidia-smi says 'NVIDIA H100 80GB HBM3' of the SXM board, and names the other
two ('H100 PCIe', 'H100 NVL')."""
_NEAR: Final = 0.12
"""Memory as printed (GiB, or less what is reserved) and as the catalog has it (GB) differ by up to this share."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a GPU's name says."""

    called: str
    form: str
    memory_gb: int | None


def gpu_named(catalog: Catalog, name: str) -> Gpu | None:
    """The catalog's GPU of a name as printed; None when the catalog lacks it or two fit."""
    found = _PROPERTIES.search(name)
    text = _LISTED.sub("", folded_name(found[1] if found else name)).strip()
    listed = catalog.gpus.get(text) or catalog.gpus.get(_published().get(text, ""))
    if listed is not None:
        return listed
    for gpu in catalog.gpus.values():
        if folded_name(gpu.name) == text:
            return gpu
    return _by_parts(catalog, _parts(text))


def _by_parts(catalog: Catalog, wanted: _Parts) -> Gpu | None:
    fitting = [gpu for gpu in catalog.gpus.values() if wanted.called and _fits(gpu, wanted)]
    if len(fitting) > 1 and not wanted.form:
        usual = _CONVENTION.get(wanted.called)
        fitting = [gpu for gpu in fitting if _parts(folded_name(gpu.name)).form == usual]
    return fitting[0] if len(fitting) == 1 else None


def _fits(gpu: Gpu, wanted: _Parts) -> bool:
    own, by_id = _parts(folded_name(gpu.name)), _parts(gpu.id)
    if wanted.called not in (own.called, by_id.called, own.called.removeprefix("rtx")):
        return False
    if wanted.form and own.form and wanted.form != own.form:
        return False
    if wanted.memory_gb is None or wanted.memory_gb == own.memory_gb:
        return True
    return gpu.memory_gb is not None and abs(wanted.memory_gb / gpu.memory_gb - 1.0) <= _NEAR


def _parts(text: str) -> _Parts:
    spaced = re.sub(r"[-_/,()]+", " ", text)
    form, memory = _FORM.search(spaced), _MEMORY.search(spaced)
    rest = _SILENT.sub(" ", _MEMORY.sub(" ", _FORM.sub(" ", spaced)))
    return _Parts(
        called="".join(rest.split()),
        form=_FORMS[form[1].rstrip("0123456789")] if form else "",
        memory_gb=int(memory[1]) if memory else None,
    )


@lru_cache(maxsize=1)
def _published() -> Mapping[str, str]:
    """Reviewed printed names: a shipped file, read once."""
    rows = load_csv_rows(catalogs_dir() / "serving" / "aliases.csv")
    return {folded_name(str(row["published"])): str(row["id"]) for row in rows if row["kind"] == "gpu"}
