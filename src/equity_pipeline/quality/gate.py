"""The gate: every delivered entity against its suite and our counted gates, one report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from equity_pipeline.quality.counted import (
    LoadCount,
    completeness,
    count_loads,
    distinct_levels,
    keys_and_links,
    row_count,
    undelivered,
)
from equity_pipeline.quality.deliveries_seen import Accepted, accepted_files, delivery_age, volume
from equity_pipeline.quality.frames import CHUNK_ROWS
from equity_pipeline.quality.results import GateReport, GateResult
from equity_pipeline.quality.standing import standing
from equity_pipeline.quality.suites import load_suite
from equity_pipeline.quality.validate import run_suite
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary

if TYPE_CHECKING:
    import duckdb

NO_COLUMNS: Mapping[str, Collection[str]] = MappingProxyType({})
SHOWN_FILES = 3


def check(
    connection: duckdb.DuckDBPyConnection,
    *,
    settings: Settings,
    as_of: date,
    progress: Callable[[str], None] | None = None,
    needed: Collection[str] = (),
    delivered: Mapping[str, Collection[str]] = NO_COLUMNS,
    chunk_rows: int = CHUNK_ROWS,
) -> GateReport:
    """Return what the checks of all delivered entities say; nothing is raised for what they find.

    Parameters
    ----------
    connection
        The person database with its schema ``raw``.
    settings
        Says whether a delivery is expected at all (``deliveries.folder``, the open sources).
    as_of
        The date of the run; later dates in the data are doubted.
    progress
        Is told the name of each entity before it is checked.
    needed
        Entities that the selected indicators cannot do without.
    delivered
        By entity, the columns that the accepted files had; a column without a value among them
        is critical.
    chunk_rows
        Rows in a frame; the verdicts do not depend on it.

    Raises
    ------
    DeclarationError
        If a suite is not as it must be.
    """
    present = [entity for entity in vocabulary().entities if _has_rows(connection, entity)]
    results = list(_nothing(settings, present))
    for entity in vocabulary().entities:
        if progress is not None and entity in present:
            progress(entity)
        files = accepted_files(connection, entity)
        loads = count_loads(connection, entity)
        told = list(_counted(connection, entity, loads, files, present, needed, delivered, as_of))
        most = settings.deliveries.max_age_days.get(entity)
        if most is not None:
            held = standing(connection, entity).values()
            told.append(delivery_age(entity, held, most=most, as_of=as_of))
        if loads:
            suite, none = load_suite(entity, as_of=as_of), undelivered(entity, loads)
            told += run_suite(suite, connection, undelivered=none, chunk_rows=chunk_rows)
        results.extend(_placed(one, files) for one in told)
    return GateReport(tuple(results))


def _counted(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    loads: tuple[LoadCount, ...],
    files: tuple[Accepted, ...],
    present: Collection[str],
    needed: Collection[str],
    delivered: Mapping[str, Collection[str]],
    as_of: date,
) -> Iterator[GateResult]:
    yield row_count(entity, loads, needed=entity in needed, delivered=bool(files))
    yield from volume(entity, files, as_of=as_of)
    if not loads:
        return
    yield from completeness(entity, loads, delivered=delivered.get(entity, ()))
    yield from distinct_levels(entity, loads)
    yield from keys_and_links(connection, entity, present)


def _nothing(settings: Settings, present: Collection[str]) -> Iterator[GateResult]:
    expected = bool(settings.deliveries.folder or settings.sources.enabled)
    if expected and not present:
        yield GateResult(
            "delivery", "row_count", "own", "critical", False, 0, "no entity has a single row"
        )


def _has_rows(connection: duckdb.DuckDBPyConnection, entity: str) -> bool:
    return connection.execute(f"select 1 from raw.{entity} limit 1").fetchone() is not None


def _placed(result: GateResult, files: tuple[Accepted, ...]) -> GateResult:
    if result.files or result.passed:
        return result
    named = [one for one in files if one.load_id in result.loads] or files
    newest = tuple(dict.fromkeys(one.file_name for one in reversed(named)))
    shown = newest[:SHOWN_FILES]
    more = (f"and {len(newest) - SHOWN_FILES} more",) if len(newest) > SHOWN_FILES else ()
    return replace(result, files=shown + more)
