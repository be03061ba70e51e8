"""Scores that may not be shipped: Artificial Analysis by the user's own key, and a user's own table.

Nothing here keeps anything; what is found goes to the store, with its attribution. The key goes into one header, of
requests to one host, and nowhere else: redirects are not followed.
"""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import httpx
from pydantic import BaseModel, ValidationError

from planner.catalog.evidence.evaluations import ATTRIBUTION, Evaluation
from planner.catalog.evidence.user_scores import load_user_scores
from planner.catalog.model_names import KnownNames, join_name
from planner.errors import InputError, OfflineError

KEY_VARIABLE: Final = "ARTIFICIAL_ANALYSIS_API_KEY"
API_URL: Final = "https://artificialanalysis.ai/api/v2"
_NAME: Final = "Artificial Analysis"
_STAYS: Final = "what is kept stays"
_MOST_PAGES: Final = 100
_MOST_BYTES: Final = 64 * 1024 * 1024
_TIMEOUT_S: Final = 20.0
_LONGEST_S: Final = 90.0
"""For one page: a server that sends a byte now and then must not hold the command for ever."""


@dataclass(frozen=True, slots=True)
class FoundScore:
    """One score as found, on the unit scale of its benchmark."""

    model: str
    """Id of the catalog (Artificial Analysis), or the name as the user wrote it."""
    variant: str
    benchmark: str
    skill: str
    score: float
    n: int | None
    measured: date | None
    source: str
    """Attribution, shown beside the figure."""
    unit: Literal["share", "elo"] = "share"
    chance: float = 0.0
    maker: str = ""
    family: str = ""
    released: date | None = None
    total_params_b: float | None = None
    active_params_b: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a source has."""

    scores: tuple[FoundScore, ...]
    unmapped: tuple[str, ...] = ()
    """Names that no model of the catalog is known by; their scores are left out."""
    unread: tuple[str, ...] = ()
    """Evaluations that this version doesn't know what to make of."""
    note: str = ""


class _Creator(BaseModel):
    name: str = ""


class _Model(BaseModel):
    """One row of their list; what else they tell is not ours to read."""

    name: str
    model_creator: _Creator | None = None
    evaluations: dict[str, Any] | None = None


class _Pagination(BaseModel):
    has_more: bool = False


class _Page(BaseModel):
    data: list[_Model]
    pagination: _Pagination | None = None
    tier: str = ""
    intelligence_index_version: float | str | None = None


class _RefusedError(Exception):
    """They answer this key, but not this question (403)."""


def fetch_artificial_analysis(
    key: str, today: date, evaluations: Mapping[str, Evaluation], names: KnownNames, api_url: str = API_URL
) -> Found:
    """Their current scores of the catalog's models.

    A key of a paid plan gets every evaluation (`/language/models`), a free one their indices
    (`/language/models/free`); both are lists of pages.

    Args:
        key: The user's own.
        today: Day from which the scores are dated: they publish no day of measurement.
        evaluations: As `evaluations.load_evaluations` gives them.
        names: As `model_names.known_names` gives them.
        api_url: Another address for tests.

    Raises:
        InputError: There is no key, or it is refused, or what came back is no list of theirs.
        OfflineError: There is no network, or the day's requests are used up, or their server fails.
    """
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable():
        found = "a value that can be no key" if key else "nothing"
        allowed = f"your own key, from {ATTRIBUTION.split(', ')[1]}, in the environment"
        raise InputError(KEY_VARIABLE, "", found=found, allowed=allowed)
    with httpx.Client(headers={"x-api-key": key}, timeout=_TIMEOUT_S, follow_redirects=False) as client:
        try:
            pages = tuple(_pages(client, f"{api_url}/language/models", key))
        except _RefusedError:
            try:
                pages = tuple(_pages(client, f"{api_url}/language/models/free", key))
            except _RefusedError:
                raise _refused_key(403) from None
    return _read_pages(pages, today, evaluations, names)


def _pages(client: httpx.Client, url: str, key: str) -> Iterator[_Page]:
    for number in range(1, _MOST_PAGES + 1):
        text = _fetch(client, f"{url}?page={number}")
        page = _parse(text, key)
        yield page
        if page.pagination is None or not page.pagination.has_more:
            return
    raise InputError(_NAME, "pagination", found=f"more than {_MOST_PAGES} pages", allowed="a list that ends")


def _fetch(client: httpx.Client, url: str) -> bytes:
    """Body of one answer; every other answer than 200 is one line, without their words and without the key."""
    ends = time.monotonic() + _LONGEST_S
    body = bytearray()
    try:
        with client.stream("GET", url) as answer:
            _check_status(answer)
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES or time.monotonic() > ends:
                    msg = f"{_NAME} sent no end of data; {_STAYS}"
                    raise OfflineError(msg)
    except httpx.HTTPError as error:
        msg = f"offline: {_NAME} could not be reached ({type(error).__name__}); {_STAYS}"
        raise OfflineError(msg) from error
    return bytes(body)


def _check_status(answer: httpx.Response) -> None:
    status = answer.status_code
    if status == httpx.codes.OK:
        return
    if status == httpx.codes.UNAUTHORIZED:
        raise _refused_key(status)
    if status == httpx.codes.FORBIDDEN:
        raise _RefusedError
    if status == httpx.codes.TOO_MANY_REQUESTS:
        wait = answer.headers.get("retry-after", "")
        when = f"in {wait} s" if wait.isdigit() else "tomorrow"
        msg = f"{_NAME}: the requests of this key are used up (429); try again {when}; {_STAYS}"
        raise OfflineError(msg)
    msg = f"{_NAME} answered {status} instead of its list; {_STAYS}"
    raise OfflineError(msg)


def _refused_key(status: int) -> InputError:
    return InputError(KEY_VARIABLE, "", found=f"a key that {_NAME} refuses ({status})", allowed="a valid key of yours")


def _parse(text: bytes, key: str) -> _Page:
    """A page; what they sent could hold what we sent, so the key is masked before anything is read."""
    try:
        return _Page.model_validate_json(text.replace(key.encode(), b"***"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        allowed = f"their list of models ({first['msg'].lower()})"
        raise InputError(_NAME, field, found=first["input"], allowed=allowed) from None


def _read_pages(pages: Iterable[_Page], today: date, evaluations: Mapping[str, Evaluation], names: KnownNames) -> Found:
    scores: dict[tuple[str, str, str], FoundScore] = {}
    unmapped: dict[str, None] = {}
    unread: dict[str, None] = {}
    tier = ""
    for page in pages:
        tier = page.tier
        version = "" if page.intelligence_index_version is None else f"-v{page.intelligence_index_version}"
        for row in page.data:
            given = {name: value for name, value in (row.evaluations or {}).items() if value is not None}
            unread |= dict.fromkeys(name for name in given if name not in evaluations)
            alias = join_name(names, row.name)
            if alias is None:
                unmapped |= {row.name: None} if given else {}
                continue
            for evaluation, score in _scores_of(row.name, given, evaluations):
                benchmark = evaluation.benchmark_id + (version if evaluation.composite else "")
                found = FoundScore(
                    model=alias.model,
                    variant=alias.variant,
                    benchmark=benchmark,
                    skill=evaluation.skill,
                    score=score,
                    n=None,
                    measured=today,
                    source=ATTRIBUTION,
                    chance=evaluation.chance,
                )
                # Their list names some models twice, by old and new names: the first is the current one.
                scores.setdefault((found.model, found.variant, found.benchmark), found)
    if not scores:
        raise InputError(_NAME, "data", found="no score of any model of the catalog", allowed="their list of models")
    return Found(tuple(scores.values()), tuple(unmapped), tuple(unread), f"{tier} key" if tier else "")


def _scores_of(
    model: str, given: Mapping[str, Any], evaluations: Mapping[str, Evaluation]
) -> Iterator[tuple[Evaluation, float]]:
    """Scores of one model as shares; the composites only where none of what they are made of is given."""
    known = [evaluations[name] for name in given if name in evaluations]
    singles = [evaluation for evaluation in known if not evaluation.composite]
    for evaluation in singles or known:
        value = given[evaluation.field]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(_NAME, f"{model}.{evaluation.field}", found=value, allowed="a number")
        share = value / 100.0 if evaluation.composite else float(value)
        if 0.0 <= share <= 1.0:
            yield evaluation, share


def read_user_table(path: Path) -> Found:
    """The scores of a user's CSV file (the columns of `validate --against`), attributed to its name.

    Raises:
        InputError: The file is no such table; names line and column.
    """
    table = load_user_scores(path)
    scores: list[FoundScore] = []
    for row in table.rows:
        unit = table.units[row.benchmark]
        scores.append(
            FoundScore(
                model=row.model,
                variant=row.variant,
                benchmark=row.benchmark,
                skill=row.skill,
                score=row.score / 100.0 if unit == "percent" else row.score,
                n=None if math.isnan(row.n) or row.n < 1.0 else round(row.n),
                measured=_day(row.date, path, row.line),
                source=path.name,
                unit="elo" if unit == "elo" else "share",
                chance=row.chance,
                maker=row.maker,
                family=row.family,
                released=row.released,
                total_params_b=row.total_params_b,
                active_params_b=row.active_params_b,
            )
        )
    return Found(tuple(scores))


def _day(text: str, path: Path, line: int) -> date | None:
    """A day, or the first of a month or year; None for an empty cell."""
    if not text:
        return None
    try:
        return date.fromisoformat(text + "-01" * (2 - text.count("-")))
    except ValueError:
        allowed = "YYYY, YYYY-MM or YYYY-MM-DD"
        raise InputError(str(path), f"line {line}: date", found=text, allowed=allowed) from None
