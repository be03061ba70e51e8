"""`models refresh --evidence` and `--forget`: scores that may not be shipped, into the user's store and out of it."""

import argparse
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import EXIT_DONE, InputError
from planner.resources import catalogs_dir
from planner.store.database.place import default_url, is_kept

if TYPE_CHECKING:
    from planner.catalog.evidence.connectors import Found


def refresh_evidence(args: argparse.Namespace) -> int:
    """Keep what a source has, or drop what is kept of it; both when both are asked for, dropping first."""
    if args.forget:
        _forget(args.forget)
    if args.evidence:
        _keep(args.evidence)
    return EXIT_DONE


def _keep(source: str) -> None:
    """Read a source and put its scores in place of the earlier ones."""
    from planner.store.database.engine import open_store
    from planner.store.evidence import store_scores
    from planner.store.records import EvidenceScore

    connector = _connector(source)
    found = _read(source)
    now = datetime.now(tz=UTC)
    scores = [EvidenceScore(connector=connector, fetched=now, **asdict(score)) for score in found.scores]
    with open_store(default_url(os.environ)) as store:
        store_scores(store, connector, scores)
        place = store.place
    from planner.terminal.evidence import print_found

    print_found(source, found, place)


def _read(source: str) -> "Found":
    """What a source has now; nothing is kept yet."""
    from planner.catalog.evidence import connectors
    from planner.catalog.evidence.evaluations import USER, load_evaluations

    if _connector(source) == USER:
        return connectors.read_user_table(Path(source))
    from planner.catalog.evidence.scores import load_aliases
    from planner.catalog.load import load_models
    from planner.catalog.model_names import known_names

    folder = catalogs_dir()
    names = known_names(load_models(folder / "models.yaml"), load_aliases(folder / "aliases.csv"))
    return connectors.fetch_artificial_analysis(
        os.environ.get(connectors.KEY_VARIABLE, ""),
        datetime.now(tz=UTC).date(),
        load_evaluations(folder / "artificial_analysis.csv"),
        names,
        connectors.API_URL,
    )


def _forget(source: str) -> None:
    """Drop the kept scores of a source; InputError when there are none."""
    from planner.catalog.evidence.evaluations import USER

    connector, url = _connector(source), default_url(os.environ)
    dropped, kept = 0, []
    if is_kept(url):
        from planner.store.database.engine import open_store
        from planner.store.evidence import forget_scores, kept_scores

        with open_store(url) as store:
            dropped = forget_scores(store, connector, Path(source).name if connector == USER else None)
            kept = [score.source if score.connector == USER else score.connector for score in kept_scores(store)]
    if not dropped:
        allowed = f"one of {', '.join(dict.fromkeys(kept))}" if kept else "nothing: no scores are kept"
        raise InputError("--forget", "", found=source, allowed=allowed)
    print(f"{source}: {dropped:,} scores dropped.")


def _connector(source: str) -> str:
    """Which connector a source belongs to; InputError for what is neither a known one nor a CSV file."""
    from planner.catalog.evidence.evaluations import ARTIFICIAL_ANALYSIS, USER

    if source == ARTIFICIAL_ANALYSIS:
        return ARTIFICIAL_ANALYSIS
    if source.lower().endswith(".csv"):
        return USER
    allowed = f"{ARTIFICIAL_ANALYSIS}, or FILE.csv"
    raise InputError("source", "", found=source, allowed=allowed)
