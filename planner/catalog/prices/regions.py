"""Where an entry of litellm's price map is processed: the region in its key, and the area that region lies in.

Sources of the tables: AWS Regions and Bedrock cross-region profiles (docs.aws.amazon.com/bedrock, geographic prefixes
as litellm's get_bedrock_cross_region_inference_regions lists them), Azure data zones (learn.microsoft.com, deployment
types), Google Cloud locations (cloud.google.com/about/locations); read 2026-11-24.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A provider's region and the workload area it lies in."""

    region: str
    """The provider's own name, 'global' or 'unknown'."""
    area: str
    """Workload area, 'global' or 'unknown'."""


GLOBAL: Final = Place("global", "global")
UNKNOWN: Final = Place("unknown", "unknown")

_GEOGRAPHIES: Final = {
    "us": "us",
    "eu": "eu",
    "apac": "apac",
    "au": "au",
    "jp": "jp",
    "ca": "ca",
    "in": "in",
    "us-gov": "us",
    "global": "global",
    "global-standard": "global",
}
"""Multi-region names of Bedrock, Azure and Vertex AI."""

_AREAS_OF_REGIONS: Final = {
    # AWS
    "eu-west-2": "uk",
    "eu-central-2": "ch",
    "ap-northeast-1": "jp",
    "ap-northeast-2": "kr",
    "ap-northeast-3": "jp",
    "ap-southeast-1": "sg",
    "ap-southeast-2": "au",
    "ap-southeast-4": "au",
    "ap-south-1": "in",
    "ap-south-2": "in",
    "sa-east-1": "br",
    # Google Cloud
    "europe-west2": "uk",
    "europe-west6": "ch",
    "northamerica-south1": "unknown",
    "asia-northeast1": "jp",
    "asia-northeast2": "jp",
    "asia-northeast3": "kr",
    "asia-southeast1": "sg",
    "asia-south1": "in",
    "asia-south2": "in",
    "australia-southeast1": "au",
    "australia-southeast2": "au",
    "southamerica-east1": "br",
    "me-west1": "unknown",
}
_AREAS_OF_PREFIXES: Final = (
    ("us-", "us"),
    ("eu-", "eu"),
    ("europe-", "eu"),
    ("ca-", "ca"),
    ("northamerica-", "ca"),
    ("ap-", "apac"),
    ("asia-", "apac"),
)
"""Read after the exact names: what is left of a prefix lies in one area."""

_AWS_REGION: Final = re.compile(r"^[a-z]{2}(-gov)?-[a-z]+-\d$")


def area_of_region(region: str) -> str:
    """Area of a cloud region's name; 'unknown' for a name that no table has."""
    exact = _GEOGRAPHIES.get(region) or _AREAS_OF_REGIONS.get(region)
    if exact is not None:
        return exact
    return next((area for prefix, area in _AREAS_OF_PREFIXES if region.startswith(prefix)), "unknown")


def bedrock_place(key: str) -> Place | None:
    """Place in a Bedrock key: 'bedrock/eu-west-1/...', 'eu.anthropic...', 'global...'; None when it names none."""
    folders = key.split("/")
    for folder in folders[:-1]:
        if _AWS_REGION.match(folder):
            return Place(folder, area_of_region(folder))
    prefix = folders[-1].split(".", 1)[0]
    return Place(prefix, _GEOGRAPHIES[prefix]) if prefix in _GEOGRAPHIES and "." in folders[-1] else None


def azure_place(key: str) -> Place | None:
    """Place in an Azure key: 'azure/eu/...', 'azure/global-standard/...', 'azure/swedencentral/...'; None if none."""
    folders = key.split("/")[1:-1]
    return next((Place(folder, _GEOGRAPHIES[folder]) for folder in folders if folder in _GEOGRAPHIES), None)
