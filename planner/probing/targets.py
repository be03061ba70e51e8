"""From what a user calls a model to how it is reached: catalog names, litellm names, own servers, the local model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Final

from planner.catalog.browse import cheapest_offer
from planner.catalog.names.models import model_names
from planner.catalog.names.retired import follower, on_sale, retired_entry
from planner.catalog.names.spelling import folded_name, is_copy, is_snapshot
from planner.catalog.price import Price
from planner.catalog.schema import Catalog, Model, Offer
from planner.errors import InputError
from planner.probing.costs import unknown_price
from planner.probing.wire.addresses import check_address, check_variable, is_openai
from planner.store.records import Target

LOCAL: Final = "local"
CUSTOM: Final = "custom"
LOCAL_MODEL: Final = "local/smollm2"
_LOCAL_CATALOG: Final = "huggingfacetb/smollm2-135m"
_OPTION: Final = "--models"
_KEY_OPTION: Final = "--api-key-env"
_OPENAI_KEYS: Final = frozenset({"OPENAI_API_KEY", "OPENAI_ADMIN_KEY"})
_REDIRECTS: Final = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
"""By these the environment itself sends OpenAI's key elsewhere."""
_SHOWN: Final = 3

KEY_VARIABLES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "azure": (("AZURE_API_KEY", "AZURE_API_BASE"),),
    "bedrock": (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_BEARER_TOKEN_BEDROCK",), ("AWS_PROFILE",)),
    "cloudflare": (("CLOUDFLARE_API_KEY", "CLOUDFLARE_ACCOUNT_ID"),),
    "databricks": (("DATABRICKS_API_KEY", "DATABRICKS_API_BASE"),),
    "fireworks_ai": (("FIREWORKS_AI_API_KEY",), ("FIREWORKS_API_KEY",), ("FIREWORKSAI_API_KEY",)),
    "gemini": (("GEMINI_API_KEY",), ("GOOGLE_API_KEY",)),
    "ollama": ((),),
    "sagemaker": (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_PROFILE",)),
    "together_ai": (("TOGETHERAI_API_KEY",), ("TOGETHER_API_KEY",), ("TOGETHER_AI_API_KEY",)),
    "vertex_ai": (("GOOGLE_APPLICATION_CREDENTIALS",), ("VERTEXAI_CREDENTIALS",), ("VERTEXAI_PROJECT",)),
    "watsonx": (("WATSONX_API_KEY", "WATSONX_URL"), ("WATSONX_APIKEY", "WATSONX_URL")),
}
"""Ways to be let in: each a set of variables of the environment; PROVIDER_API_KEY for providers not listed here."""


@dataclass(frozen=True, slots=True)
class _Server:
    """An OpenAI-compatible server that the user names."""

    address: str
    key_env: str | None


def resolve_targets(  # noqa: PLR0913 (one a setting of the command line)
    names: Sequence[str],
    catalog: Catalog,
    environment: Mapping[str, str],
    today: date,
    *,
    api_base: str | None = None,
    api_key_env: str | None = None,
    insecure: bool = False,
    price: tuple[float, float] | None = None,
    needs_key: bool = True,
) -> tuple[tuple[Target, ...], tuple[InputError, ...]]:
    """Targets of the names that can be reached, and one error for each of the others.

    Args:
        names: Catalog ids or names, litellm names, 'local/smollm2', or any name with `api_base`.
        catalog: Offers and their prices.
        environment: Where the keys are.
        today: Offers that have retired by then are left out.
        api_base: OpenAI-compatible address at which all but the local model are asked.
        api_key_env: Variable that holds the key of `api_base`; without it that server is sent none.
        insecure: Plain http to another machine is allowed.
        price: Input and output price in USD per million tokens, in place of the catalog's.
        needs_key: False for a dry run, which sends nothing: a model without a key counts as reached, at its
            maker's price or else the cheapest; `key_notes` tells what a run would need.
    """
    targets: list[Target] = []
    problems: list[InputError] = []
    try:
        server = _own_server(api_base, api_key_env, environment, insecure=insecure, needs_key=needs_key)
    except InputError as problem:
        return (), (problem,)
    for name in dict.fromkeys(name.strip() for name in names if name.strip()):
        try:
            target = _resolve(name, catalog, environment, today, server, needs_key=needs_key)
            targets.append(_priced(target, price))
        except InputError as problem:
            problems.append(problem)
    return tuple(targets), tuple(problems)


def _own_server(
    api_base: str | None, api_key_env: str | None, environment: Mapping[str, str], *, insecure: bool, needs_key: bool
) -> _Server | None:
    """The server of `--api-base` with the variable that holds its key: OpenAI's own key goes to OpenAI alone."""
    for variable in _REDIRECTS:
        if api_base is None and environment.get(variable):
            check_address(environment[variable], variable, insecure=insecure)
    if api_base is None:
        if api_key_env is not None:
            raise InputError(_KEY_OPTION, "", found="no --api-base", allowed="--api-key-env together with --api-base")
        return None
    address = check_address(api_base, "--api-base", insecure=insecure)
    if api_key_env is None:
        return _Server(address, "OPENAI_API_KEY" if is_openai(address) else None)
    name = check_variable(api_key_env, _KEY_OPTION)
    if name in _OPENAI_KEYS and not is_openai(address):
        allowed = f"another name: {name} is OpenAI's and goes to OpenAI alone"
        raise InputError(_KEY_OPTION, "", found=name, allowed=allowed)
    if needs_key and not environment.get(name):
        raise InputError(_KEY_OPTION, "", found=f"{name}, which is not set", allowed=f"{name} set to the server's key")
    return _Server(address, name)


def key_notes(targets: Iterable[Target], environment: Mapping[str, str]) -> dict[str, str]:
    """One line for each target that has no key, by its name: what a run of it would need."""
    found: dict[str, str] = {}
    for target in targets:
        if target.api_base is not None or target.provider in {LOCAL, CUSTOM}:
            continue
        missing = missing_keys(target.provider, environment)
        if missing:
            found[target.name] = f"{target.name}: no key in the environment; a run needs {' and '.join(missing)}"
    return found


def _resolve(
    name: str,
    catalog: Catalog,
    environment: Mapping[str, str],
    today: date,
    server: _Server | None,
    *,
    needs_key: bool,
) -> Target:
    if name == LOCAL_MODEL:
        known = _LOCAL_CATALOG if _LOCAL_CATALOG in catalog.models else None
        return Target(name, "openai/smollm2", known, LOCAL, None, 0.0, 0.0, 0.0)
    if name.startswith(f"{LOCAL}/"):
        raise InputError(_OPTION, "", found=name, allowed=LOCAL_MODEL)
    if server is not None:
        # A quantised copy is another model than the one that the catalog has scores of.
        served = None if is_copy(name) else model_names(catalog).model_of(name)
        known = served.id if served else None
        target = Target(name, f"openai/{name}", known, CUSTOM, server.address, None, None, None)
        return replace(target, api_key_env=server.key_env)
    named = _named(name, catalog)
    offers = _to_choose_from(named, environment, today, needs_key=needs_key)
    if offers:
        return _target(name, _choose(name, offers, environment, needs_key=needs_key), named.model)
    retired = retired_entry(catalog, named.entries or named.offers, today)
    if retired is not None:
        raise InputError(_OPTION, name, found=retired.found(), allowed=retired.allowed())
    if named.model is not None and named.said is None:
        raise _not_sold(name, catalog, catalog.models[named.model], today)
    return _unlisted(name, catalog, environment, needs_key=needs_key)


@dataclass(frozen=True, slots=True)
class _Named:
    """What a name stands for: entries of the price map spelled so, and offers of the model called so."""

    entries: tuple[Offer, ...]
    offers: tuple[Offer, ...]
    model: str | None
    said: str | None
    """Provider in front of the name."""


def _named(name: str, catalog: Catalog) -> _Named:
    """Entries under the exact litellm name, and offers of the model where the name leaves the provider open."""
    wanted = name.casefold()
    spelled = [offer for offer in catalog.offers if wanted in _litellm_names(catalog, offer)]
    exactly = [offer for offer in spelled if name in _litellm_names(catalog, offer, exactly=True)] or spelled
    entries = [offer for offer in exactly if offer.key == name] or exactly
    names = model_names(catalog)
    own = names.own.get(folded_name(name))
    if own is None and not entries and not is_snapshot(name):
        found = names.model_of(name)
        own = found.id if found is not None else None
    provider = _provider_said(name, catalog) if own is not None and folded_name(name) not in names.own else None
    offers = [offer for offer in catalog.offers if own is not None and offer.model == own]
    offers = [
        offer
        for offer in offers
        if (not catalog.providers[offer.provider].resells if provider is None else offer.provider == provider)
    ]
    return _Named(tuple(entries), tuple(offers), own, provider)


def _not_sold(name: str, catalog: Catalog, model: Model, today: date) -> InputError:
    """A model that the catalog knows and no entry of the price map serves."""
    sold = [offer for offer in on_sale(catalog.offers, today) if not catalog.providers[offer.provider].resells]
    after = follower(catalog, model, sold)
    ways = f"a model on sale{f', such as {after.id}, which follows it' if after else ''}"
    own = ", or --api-base of a server of yours" if model.open_weights else ""
    return InputError(_OPTION, name, found="a model that no provider of the price map sells", allowed=ways + own)


def _litellm_names(catalog: Catalog, offer: Offer, *, exactly: bool = False) -> set[str]:
    """What litellm calls an entry: its key, or its key with a name of its provider in front."""
    prefixes = (offer.provider, *catalog.providers[offer.provider].litellm)
    names = {offer.key, *(f"{prefix}/{offer.key}" for prefix in prefixes)}
    return names if exactly else {one.casefold() for one in names}


def _provider_said(name: str, catalog: Catalog) -> str | None:
    """The provider in front of a name; None where there is none."""
    first = name.split("/", 1)[0].casefold() if "/" in name else ""
    selling = {offer.provider for offer in catalog.offers if offer.model is not None}
    return next((one for one in sorted(selling) if first in (one, *catalog.providers[one].litellm)), None)


def _to_choose_from(named: _Named, environment: Mapping[str, str], today: date, *, needs_key: bool) -> list[Offer]:
    """Offers on sale: the entries of that exact name; those of the model when no key opens these, or there are none."""
    entries, offers = on_sale(named.entries, today), on_sale(named.offers, today)
    if entries and not (needs_key and all(missing_keys(offer.provider, environment) for offer in entries)):
        return entries
    reachable = [offer for offer in offers if not missing_keys(offer.provider, environment)]
    if named.entries and not entries and not reachable:
        return []
    return reachable or entries or offers


def _choose(name: str, offers: Sequence[Offer], environment: Mapping[str, str], *, needs_key: bool) -> Offer:
    """The cheapest offer of a provider whose key is there; chat before OpenAI's other interface."""
    open_to_us = [offer for offer in offers if not missing_keys(offer.provider, environment)]
    if not open_to_us and not needs_key:
        # Nobody's key decides: the maker's own price is what most will pay.
        own = [offer for offer in offers if offer.model is not None and offer.provider == offer.model.split("/")[0]]
        open_to_us = own or list(offers)
    if not open_to_us:
        providers = dict.fromkeys(offer.provider for offer in sorted(offers, key=lambda offer: offer.key))
        ways = [" and ".join(missing_keys(provider, environment)) for provider in list(providers)[:_SHOWN]]
        raise InputError(_OPTION, name, found="no key for it in the environment", allowed=f"{' or '.join(ways)} set")
    chat = [offer for offer in open_to_us if offer.mode == "chat"] or open_to_us
    # A regional endpoint costs more or asks for a region; the plain one is what most keys open.
    plain = [offer for offer in chat if offer.region == "global"] or chat
    cheapest = cheapest_offer(plain) or cheapest_offer(chat)
    return cheapest[0] if cheapest is not None else plain[0]


def missing_keys(provider: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Variables that one has to set to be let in by a provider; empty when one can."""
    ways = KEY_VARIABLES.get(provider, ((f"{provider.upper().replace('-', '_')}_API_KEY",),))
    if any(all(environment.get(variable) for variable in way) for way in ways):
        return ()
    return tuple(variable for variable in ways[0] if not environment.get(variable))


def _unlisted(name: str, catalog: Catalog, environment: Mapping[str, str], *, needs_key: bool) -> Target:
    """A litellm name that the price map does not list, or an error with close names."""
    provider = name.split("/", 1)[0] if "/" in name else ""
    names = model_names(catalog)
    if provider in catalog.providers and not get_close_matches(name, names.models, n=1, cutoff=0.9):
        missing = missing_keys(provider, environment)
        if missing and needs_key:
            found = "no key for it in the environment"
            raise InputError(_OPTION, name, found=found, allowed=f"{' and '.join(missing)} set")
        return Target(name, name, None, provider, None, None, None, None)
    raise InputError(_OPTION, "", found=name, allowed=f"a model that is known{_hint(name, catalog)}")


def _hint(name: str, catalog: Catalog) -> str:
    keys = list(dict.fromkeys(offer.key for offer in catalog.offers))
    close = list(model_names(catalog).closest(name)) or get_close_matches(name.lower(), keys, n=_SHOWN, cutoff=0.75)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    return f"; `planner models` lists them, {LOCAL_MODEL} needs no key, --api-base asks a server of your own"


def _target(name: str, offer: Offer, known: str | None) -> Target:
    price = offer.price
    return Target(
        name=name,
        litellm_model=offer.key,
        catalog_model=offer.model or known,
        provider=offer.provider,
        api_base=None,
        input_usd_per_mtok=price.input_usd_per_mtok if price else None,
        cached_input_usd_per_mtok=price.cached_input_usd_per_mtok if price else None,
        output_usd_per_mtok=price.output_usd_per_mtok if price else None,
        price=price if price is not None and _is_more(price) else None,
    )


def _is_more(price: Price) -> bool:
    """Whether a price is more than its three rates."""
    return bool(price.steps) or price.reasoning_usd_per_mtok is not None or price.request_usd > 0.0


def _priced(target: Target, price: tuple[float, float] | None) -> Target:
    """The target with a stated price; InputError when none is known at all."""
    if target.provider != LOCAL and price is not None:
        return replace(
            target,
            input_usd_per_mtok=price[0],
            cached_input_usd_per_mtok=None,
            output_usd_per_mtok=price[1],
            price=None,
        )
    if target.input_usd_per_mtok is None or target.output_usd_per_mtok is None:
        raise unknown_price(target.name)
    return target
