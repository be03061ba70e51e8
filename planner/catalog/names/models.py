"""Which model of the catalog a name stands for, whatever door it came in by.

Tried in this order, and the first that tells one model wins: its id, its shown name, its id without the maker, an entry
of the price map (also with its provider in front, also without the route before it), a reviewed published name, and the
same after cutting what surrounds a name (see `spelling`). A name that stands for two models stands for none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, TypeVar

from planner.catalog.evidence.scores import Alias, load_aliases
from planner.catalog.model_names import KnownNames, join_name, known_names
from planner.catalog.names.spelling import folded_name, plain, tails, without_surroundings
from planner.catalog.schema import Catalog, Model, Offer
from planner.errors import InputError
from planner.resources import catalogs_dir

_Value = TypeVar("_Value")
_SUGGESTIONS: Final = 3
_ROUTES: Final = frozenset(
    {
        "azure_openai",
        "hosted_vllm",
        "huggingface",
        "litellm_proxy",
        "local",
        "models",
        "ollama",
        "ollama_chat",
        "openrouter",
    }
    | {"portkey", "requesty", "vllm"}
)
"""What stands before a name on its way through a gateway, or where somebody serves the weights themselves."""


@dataclass(frozen=True, slots=True)
class ModelNames:
    """Names of a catalog's models; made once for a door, by `model_names`."""

    models: Mapping[str, Model]
    exact: Mapping[str, str]
    """Model by id, shown name, id without its maker, or entry of the price map, in lower case; ids win over entries."""
    own: Mapping[str, str]
    """The same without the entries of the price map: what the catalog itself calls its models."""
    tails: Mapping[str, str]
    """Model by what follows a slash in its entries of the price map."""
    plain: Mapping[str, str]
    """Model by the bare letters and digits of those names."""
    published: KnownNames
    served_by: frozenset[str]
    """What may stand before a model's name: providers, makers, routes."""

    def model_of(self, name: str) -> Model | None:
        """The model that a name stands for; None when it is not known or stands for two."""
        text = folded_name(name)
        found = self.exact.get(text) or self._published(name) or self._by_tail(text)
        if found is None:
            spellings = dict.fromkeys(one for tail in tails(text) for one in without_surroundings(tail))
            found = next((model for one in spellings if (model := self._loosely(one)) is not None), None)
        return self.models.get(found) if found is not None and self._may_be(text, found) else None

    def _published(self, name: str) -> str | None:
        alias = join_name(self.published, name)
        return alias.model if alias is not None else None

    def _by_tail(self, text: str) -> str | None:
        return next((found for tail in tails(text) if (found := self.tails.get(tail)) is not None), None)

    def _loosely(self, text: str) -> str | None:
        return self.exact.get(text) or self._published(text) or self.tails.get(text) or self.plain.get(plain(text))

    def _may_be(self, text: str, model: str) -> bool:
        """Whether who stands before the name can serve that model: weights that are open, anybody."""
        if "/" not in text or text in self.exact or self.models[model].open_weights:
            return True
        return text.split("/", 1)[0] in self.served_by or text.startswith(("arn:", "projects/"))

    def closest(self, name: str) -> tuple[str, ...]:
        """Ids whose spelling is nearest, best first."""
        text = folded_name(name)
        by_tail: dict[str, list[str]] = {}
        for model_id in self.models:
            by_tail.setdefault(model_id.split("/", 1)[-1], []).append(model_id)
        near = get_close_matches(text.rsplit("/", 1)[-1], by_tail, n=_SUGGESTIONS)
        found = [model_id for tail in near for model_id in by_tail[tail]]
        found += get_close_matches(text, list(self.models), n=_SUGGESTIONS)
        shown = {model.name.casefold(): model.id for model in self.models.values()}
        found += [shown[one] for one in get_close_matches(text, shown, n=_SUGGESTIONS)]
        return tuple(dict.fromkeys(found))[:_SUGGESTIONS]


@lru_cache(maxsize=2)
def model_names(catalog: Catalog) -> ModelNames:
    """Names of a catalog's models: some milliseconds of work, kept while the catalog is in use."""
    spelt = list(_own_names(catalog.models.values()))
    entries = list(_entries(catalog.offers, frozenset(catalog.models)))
    named = {
        **_only_one((model.id.split("/", 1)[-1].casefold(), model.id) for model in catalog.models.values()),
        **_only_one((folded_name(model.name), model.id) for model in catalog.models.values()),
        **{model_id.casefold(): model_id for model_id in catalog.models},
    }
    keys = _only_one((name, model) for key, model, provider in entries for name in (key, f"{provider}/{key}"))
    by_tail = _only_one((tail, model) for key, model, _ in entries for tail in tails(key))
    cut = [(one, model) for key, model, _ in entries for one in without_surroundings(key.rsplit("/", 1)[-1])]
    bare = {**_only_one((plain(name), model) for name, model in cut), **_only_one((plain(n), m) for n, m in spelt)}
    served_by = {name for key, _, provider in entries for name in (provider, key.split("/", 1)[0]) if name}
    makers = {model_id.split("/", 1)[0] for model_id in catalog.models}
    return ModelNames(
        models=catalog.models,
        exact={**keys, **named},
        own=named,
        tails=by_tail,
        plain=bare,
        published=known_names(catalog.models, _aliases()),
        served_by=frozenset(served_by | makers | _ROUTES | {name.casefold() for name in catalog.providers}),
    )


def find_model(catalog: Catalog, name: str, file: str = "models", field: str = "id") -> Model:
    """Model that a name stands for; InputError with the closest ids for a name that isn't known.

    Args:
        catalog: Models, and the price map's entries that serve them.
        name: As somebody wrote it.
        file: Where it was written, for the error.
        field: Its place there.
    """
    if name in catalog.models:
        return catalog.models[name]
    names = model_names(catalog)
    found = names.model_of(name)
    if found is not None:
        return found
    close = names.closest(name)
    hint = f"; did you mean {' or '.join(close)}?" if close else "; `planner models` lists them"
    raise InputError(file, field, found=name, allowed=f"a model of the catalog{hint}")


def _own_names(models: Iterable[Model]) -> Iterator[tuple[str, str]]:
    for model in models:
        yield folded_name(model.name), model.id
        yield model.id.casefold(), model.id


def _entries(offers: Iterable[Offer], models: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """Key in lower case, model and provider of every entry that is joined to a model; one of a key in many places."""
    seen: set[str] = set()
    for offer in offers:
        if offer.model in models and offer.key not in seen:
            seen.add(offer.key)
            yield offer.key.casefold(), offer.model, offer.provider


def _only_one(named: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    """Those names that stand for one thing."""
    found: dict[str, set[_Value]] = {}
    for name, value in named:
        found.setdefault(name, set()).add(value)
    return {name: next(iter(values)) for name, values in found.items() if len(values) == 1}


@lru_cache(maxsize=1)
def _aliases() -> dict[tuple[str, str], Alias]:
    """Reviewed published names: a shipped file, read once."""
    return load_aliases(catalogs_dir() / "aliases.csv")
