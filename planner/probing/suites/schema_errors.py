"""pydantic's errors as faults in our words: what was found, what is allowed, and the name that was meant."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from planner.probing.suites.checks import Fault, Place
from planner.workload.yaml_text import Said

_Model = TypeVar("_Model", bound=BaseModel)
_ALLOWED: Final = {
    "string_type": "text",
    "string_pattern_mismatch": "lower-case letters, digits, hyphen and underscore; at most 64",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_BOUNDS: Final = {"greater_than_equal": "ge", "greater_than": "gt", "less_than_equal": "le", "less_than": "lt"}
_BOUND_WORDS: Final = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def faults_of(model: type[_Model], data: object) -> tuple[_Model | None, list[Fault]]:
    """The model and no faults, or None and every fault of the data, one a field."""
    if not isinstance(data, Mapping):
        found = Said("an empty file") if data is None else Said(f"a {type(data).__name__}")
        return None, [Fault((), found, f"a mapping with {', '.join(_needed(model))}")]
    try:
        return model.model_validate(data), []
    except ValidationError as exc:
        faults: dict[Place, Fault] = {}
        errors = exc.errors(include_url=False)
        unknown = {str(error["loc"][-1]) for error in errors if error["type"] == "extra_forbidden"}
        for error in errors:
            place = _place(error["loc"], data)
            if error["type"] == "missing" and difflib.get_close_matches(str(place[-1]), unknown, n=1):
                continue  # Misspelt, which is told at the name that was written.
            # The branches of a union each complain about one field: the first tells enough.
            faults.setdefault(place, _fault(error, place, model))
        return None, list(faults.values())


def _needed(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if field.is_required()]


def _place(loc: Sequence[str | int], data: object) -> Place:
    """The part of pydantic's location that is a path in the data: names of union branches are left out."""
    place: list[str | int] = []
    for index, step in enumerate(loc):
        here = isinstance(data, Mapping) and step in data
        entry = isinstance(data, Sequence) and isinstance(step, int) and step < len(data)
        if here or entry:
            place.append(step)
            data = data[step]  # type: ignore[index]  # narrowed by the two tests above
        elif index == len(loc) - 1 and isinstance(data, Mapping):
            place.append(step)
    return tuple(place)


def _fault(error: ErrorDetails, place: Place, model: type[BaseModel]) -> Fault:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return Fault(place, Said("nothing"), "this field is needed")
    if kind == "extra_forbidden":
        names = _fields_at(model, place[:-1])
        return Fault(place, Said("a field that does not exist"), _one_of(str(place[-1]), names, "the fields "))
    if kind == "literal_error":
        names = [name.strip("' ") for name in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return Fault(place, error["input"], _one_of(str(error["input"]), names))
    if kind in _BOUNDS:
        bound = _BOUNDS[kind]
        return Fault(place, error["input"], f"{_BOUND_WORDS[bound]} {context[bound]:g}")
    if kind == "too_short":
        return Fault(place, error["input"], f"a list of at least {context['min_length']}")
    return Fault(place, error["input"], _ALLOWED.get(kind, error["msg"].lower()))


def _one_of(found: str, names: Sequence[str], what: str = "") -> str:
    close = difflib.get_close_matches(found, names, n=1)
    return f"one of {what}{', '.join(names)}" + (f"; did you mean {close[0]}?" if close else "")


def _fields_at(model: type[BaseModel], place: Place) -> list[str]:
    """Fields of the model that stands at a place."""
    for step in place:
        if isinstance(step, str) and step in model.model_fields:
            model = _model_in(model.model_fields[step].annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 (any type there is)
    """The first model in an annotation: `tuple[Item, ...]` has Item."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)
