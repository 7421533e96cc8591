"""What two sources tell of the same areas: one stands, by a declared order, never by chance."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.sources.missing import spans
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.vocabulary import vocabulary

WHERE = "sources.precedence"
# What an area is, not what is measured of it: the same in every source.
DESCRIBING = ("area_code", "area_kind", "vintage", "year", "regso_code", "municipality_code",
              "urban_rural")  # fmt: skip
WEIGHT = "population"  # an area that one source alone tells of keeps its people
Row = dict[str, Any]
Group = tuple[str, str, int]
Precedence = Mapping[str, Sequence[str]]


def check_precedence(precedence: Precedence, sources: Collection[str]) -> None:
    """Do nothing when the order names sources and entities that there are.

    Raises
    ------
    ConfigurationError
        An entity or a source is unknown.
    """
    for entity, names in precedence.items():
        strange = [name for name in names if name not in sources]
        if entity not in vocabulary().entities or strange:
            raise ConfigurationError(
                f"No source is called {', '.join(strange)}."
                if strange
                else f"No entity is called {entity}.",
                where=f"{WHERE}.{entity}",
                mend=f"choose among the sources {', '.join(sorted(sources))}, for an entity of the "
                "vocabulary such as area",
            )


def merged(parts: Mapping[str, Part], precedence: Precedence) -> dict[str, Part]:
    """Return the parts with each row in one of them only.

    Areas that several sources describe have one row with the columns of all. A column that
    several give of the same kind of area and year is taken whole from the first of them in
    ``precedence``: never one area from one source and its neighbour from another. Of other
    entities the row of the first source stands.

    Parameters
    ----------
    parts
        What each source gave, by its name.
    precedence
        Sources by entity, the first one counting before the others.

    Raises
    ------
    ConfigurationError
        Sources give the same column of the same areas, or the same rows, and no order is declared.
    """
    done = dict(parts)
    for entity in sorted({name for part in parts.values() for name in part.tables}):
        givers = [name for name in sorted(done) if _rows(done[name], entity)]
        if entity not in vocabulary().entities or entity == "area_series" or len(givers) < 2:
            continue
        order = _ordered(givers, precedence.get(entity, ()))
        if entity == "area":
            done |= _one_area(done, order, precedence.get(entity, ()))
        else:
            done |= _one_row(done, entity, order, precedence.get(entity, ()))
    return done


@dataclass(slots=True)
class _Areas:
    """The rows of several sources by group (kind, vintage, year), source and code."""

    order: Sequence[str]
    declared: Collection[str]
    rows: dict[Group, dict[str, dict[str, Row]]] = field(default_factory=dict)
    contested: dict[tuple[str, ...], list[tuple[str, Group]]] = field(default_factory=dict)
    lost: set[tuple[str, str, str, int]] = field(default_factory=set)

    def take(self, name: str, row: Row) -> None:
        """Add one row of a source."""
        group = (row["area_kind"], row["vintage"], row["year"])
        self.rows.setdefault(group, {}).setdefault(name, {})[row["area_code"]] = row

    def joined(self) -> Iterator[tuple[str, Row]]:
        """Yield each area once, with the source that its row is put under."""
        for group, by_source in sorted(self.rows.items()):
            held = {name: by_source[name] for name in self.order if name in by_source}
            columns = [one for one in entity_schema("area").names if one not in DESCRIBING]
            chosen = {column: self._chosen(group, column, held) for column in columns}
            for code in sorted({code for rows in held.values() for code in rows}):
                mine = {name: rows[code] for name, rows in held.items() if code in rows}
                yield next(iter(mine)), _row(mine, chosen)

    def _chosen(
        self, group: Group, column: str, held: Mapping[str, Mapping[str, Row]]
    ) -> str | None:
        givers = [
            name
            for name, rows in held.items()
            if any(row[column] is not None for row in rows.values())
        ]
        if len(givers) > 1 and not set(givers) <= set(self.declared):
            self.contested.setdefault(tuple(sorted(givers)), []).append((column, group))
        self.lost |= {(name, column, group[0], group[2]) for name in givers[1:]}
        return givers[0] if givers else None


def _one_area(
    parts: Mapping[str, Part], order: Sequence[str], declared: Collection[str]
) -> dict[str, Part]:
    areas = _Areas(order, declared)
    for name in order:
        for row in _rows(parts[name], "area"):
            areas.take(name, row)
    made: dict[str, list[Row]] = {name: [] for name in order}
    for name, row in areas.joined():
        made[name].append(row)
    if areas.contested:
        raise _undeclared(areas.contested)
    if not any(len(by_source) > 1 for by_source in areas.rows.values()):
        return {}
    together = _digest(parts, order)
    return {
        name: replace(
            parts[name],
            tables={**parts[name].tables, "area": _table("area", made[name])}
            | _series(name, parts[name], areas.lost),
            asked=together,
        )
        for name in order
    }


def _row(mine: Mapping[str, Row], chosen: Mapping[str, str | None]) -> Row:
    first = next(iter(mine.values()))
    row = {name: _first(mine, name) for name in DESCRIBING}
    row |= {column: mine.get(name or "", {}).get(column) for column, name in chosen.items()}
    if row[WEIGHT] is None:
        row[WEIGHT] = _first(mine, WEIGHT)
    return {name: row[name] for name in first}


def _first(mine: Mapping[str, Row], name: str) -> Any:
    return next((row[name] for row in mine.values() if row[name] is not None), None)


def _series(
    name: str, part: Part, lost: Collection[tuple[str, str, str, int]]
) -> dict[str, pa.Table]:
    """Return the series of the columns that are taken from a source."""
    if "area_series" not in part.tables:
        return {}
    kept = [
        row
        for row in part.tables["area_series"].to_pylist()
        if (name, row["area_column"], row["area_kind"], row["year"]) not in lost
    ]
    return {"area_series": _table("area_series", kept)}


def _one_row(
    parts: Mapping[str, Part], entity: str, order: Sequence[str], declared: Collection[str]
) -> dict[str, Part]:
    key = vocabulary().entities[entity].key
    seen: dict[tuple[Any, ...], str] = {}
    kept: dict[str, list[Row]] = {name: [] for name in order}
    twice: dict[tuple[str, ...], int] = {}
    for name in order:
        own: dict[tuple[Any, ...], str] = {}
        for row in _rows(parts[name], entity):
            at = tuple(row[column] for column in key)
            own[at] = name
            if at not in seen:
                kept[name].append(row)
            elif not {name, seen[at]} <= set(declared):
                both = tuple(sorted((name, seen[at])))
                twice[both] = twice.get(both, 0) + 1
        seen = own | seen
    if twice:
        raise _same_rows(entity, twice)
    fallen = any(len(kept[name]) < parts[name].tables[entity].num_rows for name in order)
    together = _digest(parts, order)
    return {
        name: replace(
            parts[name],
            tables={**parts[name].tables, entity: _table(entity, kept[name])},
            asked=together,
        )
        for name in order
        if fallen
    }


def _rows(part: Part, entity: str) -> list[Row]:
    return part.tables[entity].to_pylist() if entity in part.tables else []


def _table(entity: str, rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), entity_schema(entity))


def _ordered(givers: Sequence[str], declared: Sequence[str]) -> list[str]:
    return [
        *(name for name in declared if name in givers),
        *(n for n in givers if n not in declared),
    ]


def _digest(parts: Mapping[str, Part], order: Sequence[str]) -> str:
    """Return the hash of what the sources were pulled with: each one's rows rest on all of them."""
    told = "\n".join(f"{name} {parts[name].asked}" for name in order)
    return hashlib.sha256(told.encode()).hexdigest()


def _undeclared(
    contested: Mapping[tuple[str, ...], Sequence[tuple[str, Group]]],
) -> ConfigurationError:
    sources, found = next(iter(sorted(contested.items())))
    columns = ", ".join(dict.fromkeys(column for column, _ in found))
    kinds = ", ".join(dict.fromkeys(kind for _, (kind, _, _) in found))
    years = spans(sorted({year for _, (_, _, year) in found}))
    return ConfigurationError(
        f"{' and '.join(sources)} both give {columns} of the same areas ({kinds} {years}).",
        where=f"{WHERE}.area",
        mend=f"say which counts first, such as area = {_listed(sources)} under "
        "[sources.precedence], or take the columns or kinds out of one of them",
    )


def _same_rows(entity: str, twice: Mapping[tuple[str, ...], int]) -> ConfigurationError:
    sources, n = next(iter(sorted(twice.items())))
    return ConfigurationError(
        f"{' and '.join(sources)} both give {n} rows of {entity}.",
        where=f"{WHERE}.{entity}",
        mend=f"say which counts first, such as {entity} = {_listed(sources)} under "
        "[sources.precedence], or disable one of them",
    )


def _listed(sources: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in sources) + "]"
