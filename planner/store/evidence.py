"""Scores of connectors and of the user's own tables: kept here, never shipped."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import sqlalchemy as sa

from planner.store.database.engine import Store
from planner.store.database.tables import scores
from planner.store.records import EvidenceScore

_FIELDS: Final = tuple(field.name for field in fields(EvidenceScore))


def store_scores(store: Store, connector: str, kept: Sequence[EvidenceScore]) -> None:
    """Keep a connector's scores in place of its earlier ones of the same sources, in one transaction.

    Raises:
        ValueError: A score names another connector.
    """
    if any(score.connector != connector for score in kept):
        msg = f"scores of another connector than {connector!r}"
        raise ValueError(msg)
    sources = {score.source for score in kept}
    with store.writing() as connection:
        connection.execute(sa.delete(scores).where(scores.c.connector == connector, scores.c.source.in_(sources)))
        if kept:
            connection.execute(sa.insert(scores), [{name: getattr(score, name) for name in _FIELDS} for score in kept])


def forget_scores(store: Store, connector: str, source: str | None = None) -> int:
    """Take a connector's scores out, of one source or of all; how many there were."""
    wanted = scores.c.connector == connector
    if source is not None:
        wanted = sa.and_(wanted, scores.c.source == source)
    with store.writing() as connection:
        return connection.execute(sa.delete(scores).where(wanted)).rowcount


def kept_scores(store: Store) -> tuple[EvidenceScore, ...]:
    """All kept scores, by connector and source, in the order in which they came."""
    query = sa.select(scores).order_by(scores.c.connector, scores.c.source, scores.c.id)
    with store.reading() as connection:
        rows = connection.execute(query).mappings()
        return tuple(EvidenceScore(**{name: row[name] for name in _FIELDS}) for row in rows)
