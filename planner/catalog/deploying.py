"""Facts that deploying needs and planning does not: endpoints, ways to be let in, container images."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from planner.catalog.files import index_rows, load_csv_rows, parse_rows
from planner.catalog.schema import Source
from planner.errors import InputError
from planner.resources import catalogs_dir

ImagePart = Literal["gateway", "engine-cuda", "engine-rocm", "metrics", "store-pgvector", "store-qdrant"]
_FOLDER: Final = "deploy"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a gateway has to say so that a provider processes requests in an area."""

    provider: str
    area: str
    setting: Literal["api_base", "vertex_location", "inference_geo"]
    value: str
    source: Source


@dataclass(frozen=True, slots=True)
class Access:
    """A setting by which a gateway is let in, and the variable of the environment that holds it."""

    provider: str
    setting: Literal[
        "api_key",
        "api_base",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_region_name",
        "vertex_project",
        "vertex_credentials",
    ]
    variable: str
    per_area: bool
    """One value an area: the resource or region that is called decides where requests are processed."""
    source: Source


@dataclass(frozen=True, slots=True)
class Image:
    """A container image that runs one part of a toolbox."""

    part: ImagePart
    image: str
    source: Source


@dataclass(frozen=True, slots=True)
class DeployFacts:
    """The three tables."""

    endpoints: Mapping[tuple[str, str], Endpoint]
    """By provider and area."""
    access: Mapping[str, tuple[Access, ...]]
    """By provider; one who isn't listed takes a key from PROVIDER_API_KEY alone."""
    images: Mapping[str, Image]
    """By part."""


def load_deploy_facts(folder: Path | None = None) -> DeployFacts:
    """The tables of catalogs/deploy; InputError names file, row and field of the first row that is wrong."""
    where = (folder or catalogs_dir()) / _FOLDER
    path = where / "endpoints.csv"
    endpoints: dict[tuple[str, str], Endpoint] = {}
    for endpoint in parse_rows(path, load_csv_rows(path), Endpoint, "provider"):
        if (endpoint.provider, endpoint.area) in endpoints:
            found = f"two rows of {endpoint.provider} in {endpoint.area}"
            raise InputError(path.name, "provider", found=found, allowed="one row for each provider and area")
        endpoints[endpoint.provider, endpoint.area] = endpoint
    path = where / "access.csv"
    access: dict[str, tuple[Access, ...]] = {}
    for row in parse_rows(path, load_csv_rows(path), Access, "provider"):
        access[row.provider] = (*access.get(row.provider, ()), row)
    path = where / "images.csv"
    images = index_rows(path, parse_rows(path, load_csv_rows(path), Image, "part"), "part")
    return DeployFacts(endpoints, access, images)
