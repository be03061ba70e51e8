"""How far the same model's times lie apart between providers: a factor a provider, one more a model there.

log time = log time of the model + f(provider) + g(model, provider), both normal around 0. A model's own figure is of
its first party: the provider of its published speed, or one that its maker runs. There both are 0. Everywhere else they
are unknown until probes of that provider tell (`latency_learning`): nothing public that may be shipped says how fast
which provider is today, so an old table (catalogs/provider_speeds.csv) only tells how far providers lie apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import numpy as np

from planner.beliefs.priors import prior_draws
from planner.catalog.schema import Catalog
from planner.units import DRAW_COUNT, SEED, Draws, normal_draws

PROVIDER_PRIORS: Final = ("prior:api_provider.ttft_log_sd", "prior:api_provider.tpot_log_sd")


@dataclass(frozen=True, slots=True, eq=False)
class Offset:
    """Logs of a factor on times, (S,) each."""

    ttft: Draws
    tpot: Draws

    def plus(self, other: "Offset") -> "Offset":
        """Both factors together."""
        return Offset(self.ttft + other.ttft, self.tpot + other.tpot)


_NONE: Final = Offset(np.zeros(DRAW_COUNT), np.zeros(DRAW_COUNT))


@dataclass(frozen=True, slots=True, eq=False)
class ProviderFactors:
    """Factors of all providers; those that were probed as learnt, the others drawn when asked for."""

    seed: int
    provider_sd: tuple[float, float]
    """Log-sd between providers, of TTFT and TPOT."""
    pair_sd: tuple[float, float]
    """Log-sd of one model at one provider beside that."""
    closed_share: float
    """Both of these of closed models, over those of open ones."""
    home: Mapping[str, frozenset[str]]
    """Model to its first parties; of many open models there is none."""
    open_weights: frozenset[str]
    providers: Mapping[str, Offset] = field(default_factory=lambda: MappingProxyType({}))
    """As learnt."""
    pairs: Mapping[tuple[str, str], Offset] = field(default_factory=lambda: MappingProxyType({}))
    """(model, provider), as learnt, the provider's factor apart; of open models, as the providers' are."""

    def is_home(self, model: str, provider: str) -> bool:
        """Whether the model's own figure is of this provider."""
        return provider in self.home.get(model, ())

    def scale(self, model: str) -> float:
        """What a provider's factor counts for a model, in logs: whole for open models, less for closed ones."""
        return 1.0 if model in self.open_weights else self.closed_share

    def provider(self, provider: str) -> Offset:
        """Factor of a provider on open models."""
        return self.providers.get(provider) or self._drawn(self.provider_sd, provider)

    def pair(self, model: str, provider: str) -> Offset:
        """Factor of a model there, the provider's apart."""
        return self.pairs.get((model, provider)) or self._drawn(self.pair_sd, provider, model)

    def offset(self, model: str, provider: str) -> Offset:
        """Both factors of a model at a provider; none at its first party."""
        if self.is_home(model, provider):
            return _NONE
        whole, scale = self.provider(provider).plus(self.pair(model, provider)), self.scale(model)
        return Offset(scale * whole.ttft, scale * whole.tpot)

    def offsets(self, models: Sequence[str], providers: Sequence[str]) -> tuple[Draws, Draws]:
        """Logs of the factors on TTFT and TPOT of N models at N providers, (N, S) each."""
        found = [self.offset(model, provider) for model, provider in zip(models, providers, strict=True)]
        ttft, tpot = ([getattr(one, name) for one in found] for name in ("ttft", "tpot"))
        return np.array(ttft).reshape(len(found), -1), np.array(tpot).reshape(len(found), -1)

    def _drawn(self, sd: tuple[float, float], *names: str) -> Offset:
        return _drawn(self.seed, sd, names)


@lru_cache(maxsize=8192)
def _drawn(seed: int, sd: tuple[float, float], names: tuple[str, ...]) -> Offset:
    """The same names give the same draws; they are shared, so nobody may write to them."""
    ttft, tpot = (normal_draws(seed, "provider speed", what, *names) for what in ("ttft", "tpot"))
    found = Offset(sd[0] * ttft, sd[1] * tpot)
    found.ttft.flags.writeable = found.tpot.flags.writeable = False
    return found


def provider_factors(catalog: Catalog, seed: int = SEED) -> ProviderFactors:
    """Factors as they are before any probe: 1 at the first party, wide elsewhere."""

    def sd(name: str) -> float:
        return float(prior_draws(catalog, f"api_provider.{name}", seed).mean())

    return ProviderFactors(
        seed=seed,
        provider_sd=(sd("ttft_log_sd"), sd("tpot_log_sd")),
        pair_sd=(sd("model_ttft_log_sd"), sd("model_tpot_log_sd")),
        closed_share=sd("closed_share"),
        home=MappingProxyType(first_parties(catalog)),
        open_weights=frozenset(name for name, model in catalog.models.items() if model.open_weights),
    )


def provider_source_ids(catalog: Catalog, model: str, provider: str) -> tuple[str, ...]:
    """Priors behind the times of a model at a provider beside the model's own; none at its first party."""
    if model not in catalog.models or provider in first_parties(catalog)[model]:
        return ()
    names = [*PROVIDER_PRIORS, *([] if catalog.models[model].open_weights else ["prior:api_provider.closed_share"])]
    return tuple(name for name in names if name.removeprefix("prior:") in catalog.priors)


def first_parties(catalog: Catalog) -> dict[str, frozenset[str]]:
    """Providers at which a model's own figure holds: its published speed's, and those that its maker runs itself.

    A maker's own are told by their names: 'Google Vertex AI' and 'Google AI Studio' are one company's, and 'Amazon
    Bedrock' is that of the maker 'amazon'.
    """
    words = {provider.id: provider.name.split()[0].casefold() for provider in catalog.providers.values()}
    stated: dict[str, set[str]] = {}
    for speed in catalog.speeds:
        stated.setdefault(speed.model, set()).add(speed.provider)
    of_maker: dict[str, set[str]] = {}
    for name, model in catalog.models.items():
        known = of_maker.setdefault(model.maker, {model.maker.casefold()})
        known.update(words[provider] for provider in stated.get(name, ()) if provider in words)
    by_word: dict[str, set[str]] = {}
    for provider, word in words.items():
        by_word.setdefault(word, set()).add(provider)
    own = {maker: set().union(*(by_word.get(word, set()) for word in known)) for maker, known in of_maker.items()}
    return {name: frozenset(own[model.maker] | stated.get(name, set())) for name, model in catalog.models.items()}
