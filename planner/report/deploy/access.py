"""How a gateway calls an offer: litellm's name of it, what lets one in, what keeps requests in their area."""

from typing import Final

from planner.catalog.deploying import DeployFacts
from planner.catalog.schema import Catalog, Offer
from planner.report.deploy.names import variable

_UNBOUND: Final = frozenset({"global", "unknown", ""})
_ZONED: Final = "azure/"
"""Keys of Azure name a zone where litellm wants the name of one's own deployment."""


def litellm_name(catalog: Catalog, offer: Offer) -> str:
    """What `litellm_params.model` says: the key, with its provider in front where the key alone does not name it."""
    if offer.key.startswith(_ZONED):
        return f"azure/{offer.key.rsplit('/', 1)[-1]}"
    provider = catalog.providers.get(offer.provider)
    names = (offer.provider, *(provider.litellm if provider else ()))
    first = offer.key.split("/", 1)[0]
    return offer.key if "/" in offer.key and first in names else f"{offer.provider}/{offer.key}"


def binds(catalog: Catalog, facts: DeployFacts, offer: Offer) -> bool:
    """Whether a call can be made such that it is processed in the offer's area."""
    provider = catalog.providers.get(offer.provider)
    if offer.area in _UNBOUND or (provider is not None and provider.area == offer.area):
        return True
    if (offer.provider, offer.area) in facts.endpoints:
        return True
    named = any(part in offer.key.split("/")[:-1] or offer.key.startswith(f"{part}.") for part in {offer.region})
    return named or any(row.per_area for row in facts.access.get(offer.provider, ()))


def settings(facts: DeployFacts, offer: Offer) -> dict[str, str]:
    """Litellm parameters that let one in and keep requests in the area; secrets as variables of the environment."""
    found = {setting: f"os.environ/{name}" for setting, name in variables(facts, offer).items()}
    if "aws_region_name" in found and offer.region in offer.key.split("/"):
        found["aws_region_name"] = offer.region
    endpoint = facts.endpoints.get((offer.provider, offer.area))
    if endpoint is not None:
        found[endpoint.setting] = endpoint.value
    return found


def variables(facts: DeployFacts, offer: Offer) -> dict[str, str]:
    """Variable of the environment by setting."""
    rows = facts.access.get(offer.provider)
    if rows is None:
        return {"api_key": variable(offer.provider, "api key")}
    zone = "" if offer.area in _UNBOUND else f"_{variable(offer.area)}"
    return {row.setting: f"{row.variable}{zone}" if row.per_area else row.variable for row in rows}
