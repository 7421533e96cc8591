"""Our own gates, counted by DuckDB: what Great Expectations calls a success and is none.

An empty frame and a column without a single value succeed in Great Expectations. Here each entity
is counted in one scan by load (rows, filled values, levels) and one scan over all (keys, links).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equity_pipeline.quality.results import GateResult, Severity
from equity_pipeline.quality.standing import OPEN_DATA
from equity_pipeline.quality.suites import DERIVED, raw_columns
from equity_pipeline.vocabulary import vocabulary

if TYPE_CHECKING:
    import duckdb

LINKS = {"person_key": "person", "unit_hsa_id": "unit", "area_code": "area"}
AREA_CODES = {"area_code", "area_code_from", "area_code_to", "deso_code"}
WORST_LINKED, GOOD_LINKED = 0.50, 0.95
WORST_DUPLICATED = 0.01
FEW_ROWS = 100  # below this one level or no value at all is no surprise


@dataclass(frozen=True, slots=True)
class LoadCount:
    """One load of one entity: rows, filled values and distinct levels by column."""

    load_id: int
    rows: int
    filled: dict[str, int]
    levels: dict[str, int]
    is_open: bool = False


def count_loads(connection: duckdb.DuckDBPyConnection, entity: str) -> tuple[LoadCount, ...]:
    """Return the counts of every load of ``raw.<entity>``, oldest delivery first.

    Of two deliveries of the same day the content decides which is first, never the name of the
    file or the order in which they were read.
    """
    columns, divided = delivered_columns(entity), _dividing(entity)
    wanted = ["count(*)"] + [f"count({name})" for name in columns]
    wanted += [f"count(distinct {name})" for name in divided]
    found = connection.execute(
        f"with counted as (select load_id, {', '.join(wanted)} from raw.{entity} group by load_id) "
        f"select counted.*, coalesce(layout = '{OPEN_DATA}', false) "
        "from counted left join raw.delivery using (load_id) "
        "order by delivered_as_of, sha256, load_id"
    ).fetchall()
    middle = 2 + len(columns)
    return tuple(
        LoadCount(
            row[0],
            row[1],
            dict(zip(columns, row[2:middle], strict=True)),
            dict(zip(divided, row[middle:-1], strict=True)),
            row[-1],
        )
        for row in found
    )


def delivered_columns(entity: str) -> tuple[str, ...]:
    """Return the columns of ``raw.<entity>`` that come from a delivery."""
    return tuple(name for name in raw_columns(entity) if name not in DERIVED.get(entity, {}))


def undelivered(entity: str, loads: tuple[LoadCount, ...]) -> frozenset[str]:
    """Return the columns that need not be there and have no value, and what is made from them."""
    required = {_inside(name) for name in vocabulary().entities[entity].required}
    empty = {
        name
        for name in delivered_columns(entity)
        if name not in required and not any(load.filled[name] for load in loads)
    }
    made = DERIVED.get(entity, {}).items()
    return frozenset(empty | {name for name, how in made if empty & set(how.sources)})


def row_count(
    entity: str, loads: tuple[LoadCount, ...], *, needed: bool, delivered: bool
) -> GateResult:
    """Return whether an entity that is needed or was delivered has rows."""
    rows = sum(load.rows for load in loads)
    must = needed or delivered
    detail = f"{rows} rows"
    if not rows:
        why = "an indicator needs them" if needed else "a file of it was accepted"
        detail = f"no rows, though {why}" if must else "not delivered"
    severity: Severity = "critical" if must else "info"
    return GateResult(entity, "row_count", "own", severity, rows > 0 or not must, rows, detail)


def completeness(
    entity: str, loads: tuple[LoadCount, ...], *, delivered: Collection[str] = ()
) -> Iterator[GateResult]:
    """Yield a result for each column: is it filled at all, and did it stop being filled?

    A column without any value is a fault when it is required, when the delivery names it
    (``delivered``), or when an earlier load had it; else it was not delivered.
    """
    required = {_inside(name) for name in vocabulary().entities[entity].required}
    rows = sum(load.rows for load in loads)
    for name in delivered_columns(entity):
        filled = sum(load.filled[name] for load in loads)
        severity, detail = _emptiness(name, loads, required, delivered)
        passed = not severity
        told = detail or f"{name}: {filled} of {rows} rows filled"
        empty = tuple(load.load_id for load in loads if load.rows and not load.filled[name])
        yield GateResult(
            entity, "completeness", "own", severity or "info", passed, rows, told, name, loads=empty
        )


def distinct_levels(entity: str, loads: tuple[LoadCount, ...]) -> Iterator[GateResult]:
    """Yield a result for each stratifier: does every load have more than one level of it?"""
    required = {_inside(name) for name in vocabulary().entities[entity].required}
    for name in _dividing(entity):
        alone = [l_.load_id for l_ in loads if l_.filled[name] >= FEW_ROWS and l_.levels[name] == 1]
        severity: Severity = "critical" if name in required else "warning"
        rows = sum(load.rows for load in loads)
        detail = f"{name}: more than one level"
        if alone:
            detail = f"{name}: one single level in load {', '.join(map(str, alone))}"
        yield GateResult(
            entity,
            "distinct_levels",
            "own",
            severity,
            not alone,
            rows,
            detail,
            name,
            loads=tuple(alone),
        )


def keys_and_links(
    connection: duckdb.DuckDBPyConnection, entity: str, parents: Collection[str]
) -> Iterator[GateResult]:
    """Yield whether the key is unique and, by parent with rows, the share of rows that link."""
    linked = [name for name in delivered_columns(entity) if _links(entity, name, parents)]
    key = ", ".join(_bare(name) for name in vocabulary().entities[entity].key)
    wanted = [f"count(distinct hash({key}))"]
    for name in linked:
        known = f"select {_bare(name)} from raw.{LINKS[name]}"
        wanted += [f"count({name})", f"count(*) filter ({_bare(name)} in ({known}))"]
    found = connection.execute(f"select count(*), {', '.join(wanted)} from raw.{entity}").fetchone()
    rows, distinct, *links = found or (0, 0)
    yield _duplicates(entity, rows, rows - distinct)
    for at, name in enumerate(linked):
        yield _linked(entity, name, links[2 * at], links[2 * at + 1])


def _emptiness(
    name: str, loads: tuple[LoadCount, ...], required: set[str], delivered: Collection[str]
) -> tuple[Severity | None, str]:
    empty = [load.load_id for load in loads if load.rows and not load.filled[name]]
    if not empty:
        return None, ""
    where = f"in load {', '.join(map(str, empty))}"
    if name in required:
        return "critical", f"{name}: required, and without a single value {where}"
    if name in delivered and len(empty) == len(loads):
        return "critical", f"{name}: delivered, and without a single value"
    # open sources describe the same areas by other columns: one is no later load of another
    last = next((load for load in reversed(loads) if not load.is_open), None)
    if (
        last is None
        or last.load_id not in empty
        or last.rows < FEW_ROWS
        or len(empty) == len(loads)
    ):
        return None, f"{name}: not delivered {where}"
    coded = vocabulary().column(name).codes is not None
    return (
        "critical" if coded else "warning"
    ), f"{name}: filled in earlier loads, without a single value {where}"


def _duplicates(entity: str, rows: int, more: int) -> GateResult:
    severity: Severity = "critical" if more > WORST_DUPLICATED * rows else "warning"
    key = ", ".join(vocabulary().entities[entity].key)
    detail = f"{more} of {rows} rows repeat a key ({key})"
    return GateResult(entity, "unique_key", "own", severity, not more, rows, detail)


def _linked(entity: str, name: str, filled: int, known: int) -> GateResult:
    share = known / filled if filled else 1.0
    unknown_people = name == "person_key" and share < WORST_LINKED
    severity: Severity = "critical" if unknown_people else "warning"
    detail = f"{name}: {known} of {filled} rows are known in {LINKS[name]}"
    return GateResult(
        entity, "foreign_key", "own", severity, share >= GOOD_LINKED, filled, detail, name
    )


def _links(entity: str, name: str, parents: Collection[str]) -> bool:
    parent = LINKS.get(name)
    if parent == "area" and entity == "area_value":
        return False  # benchmark rows name the region and the country, which are no areas
    return parent is not None and parent != entity and parent in parents


def _bare(name: str) -> str:
    """Return the expression of a column as staging reads it: area codes without their vintage."""
    if name not in AREA_CODES:
        return name
    return f"regexp_replace({name}, '_(deso|regso)[0-9]{{4}}$', '', 'i')"


def _inside(name: str) -> str:
    return "person_key" if name == "person_id" else name


def _dividing(entity: str) -> tuple[str, ...]:
    dimensions = vocabulary().dimensions
    return tuple(name for name in delivered_columns(entity) if name in dimensions)
