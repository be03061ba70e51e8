"""What a file leaves out because its samples tell it: token distributions, and the kind of task."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from planner.errors import InputError
from planner.terms import TASK_KINDS
from planner.workload.samples import profile_samples, read_samples
from planner.workload.task_guess import guess_task
from planner.workload.yaml_text import Said

_COUNTED = ("input_tokens", "output_tokens")


def fill_left_out_tokens(data: object, file_name: str, folder: Path) -> object:
    """The data of a workload file with token distributions counted where a segment leaves them out and has samples.

    What the file states always wins. InputError when a samples file is missing or wrong, or has no references to
    count the answers of.
    """
    segments = data.get("segments") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(segments, list):
        return data
    return {**data, "segments": [_filled(part, index, file_name, folder) for index, part in enumerate(segments)]}


def _filled(segment: Any, index: int, file_name: str, folder: Path) -> Any:  # noqa: ANN401 (unchecked YAML)
    if not isinstance(segment, dict) or not isinstance(segment.get("samples"), str) or not segment["samples"]:
        return segment
    path = folder / segment["samples"]
    if not _is_file(path):
        field = f"segments[{index}].samples"
        raise InputError(file_name, field, found=segment["samples"], allowed="an existing JSONL file")
    segment = _with_task(segment, path)
    left_out = [name for name in _COUNTED if name not in segment]
    if not left_out:
        return segment
    profile = profile_samples(read_samples(path, str(path)))
    if profile.answer is None and "output_tokens" in left_out:
        field = f"segments[{index}].output_tokens"
        raise InputError(file_name, field, found=Said("samples without references"), allowed="{mean: N, p95: N}")
    counted = {"input_tokens": profile.prompt, "output_tokens": profile.answer}
    return segment | {name: part.distribution.model_dump() for name in left_out if (part := counted[name]) is not None}


def _with_task(segment: dict[Any, Any], path: Path) -> dict[Any, Any]:
    """The segment with the kind of task that its samples tell; samples that cannot be read tell none."""
    skill = next((name for name in TASK_KINDS if name == segment.get("skill")), None)
    if skill is None or "task" in segment:
        return segment
    with suppress(InputError):
        kind = guess_task(skill, read_samples(path))
        return segment if kind is None else segment | {"task": kind}
    return segment


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
