"""What differs between two releases of one table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.vocabulary import vocabulary

NOT_COMPARED = {"run_id"}


@dataclass(frozen=True, slots=True)
class Change:
    """Counts of rows by key, and indicators whose definition is another."""

    form: str
    new: int
    changed: int
    removed: int
    definitions: tuple[str, ...]


def change_of(path: Path, before: Path) -> Change:
    """Return what differs between a table's file and that of the release before.

    Parameters
    ----------
    path
        The new file, named as its form.
    before
        The old file; one that does not exist has no rows.
    """
    now = pq.read_table(path)
    old = pq.read_table(before) if before.exists() else now.slice(0, 0)
    key = list(vocabulary().forms[path.stem].key)
    rows, olds = _by_key(now, key), _by_key(old, key)
    return Change(
        form=path.stem,
        new=len(rows.keys() - olds.keys()),
        changed=sum(1 for one in rows.keys() & olds.keys() if rows[one] != olds[one]),
        removed=len(olds.keys() - rows.keys()),
        definitions=_definitions(now, old),
    )


def _by_key(table: pa.Table, key: list[str]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    rest = [name for name in table.column_names if name not in {*key, *NOT_COMPARED}]
    if not table.num_rows or any(name not in table.column_names for name in key):
        return {}
    names = sorted(rest)
    keys = zip(*(table[name].to_pylist() for name in key), strict=True)
    values = zip(*([(n, one) for one in table[n].to_pylist()] for n in names), strict=True)
    return dict(zip(keys, values, strict=True))


def _definitions(now: pa.Table, old: pa.Table) -> tuple[str, ...]:
    new, before = _versions(now), _versions(old)
    told = [
        f"{one}: {before[one]} -> {new[one]}"
        for one in new
        if before.get(one, new[one]) != new[one]
    ]
    told += [f"{one}: new, {new[one]}" for one in new.keys() - before.keys()]
    told += [f"{one}: removed" for one in before.keys() - new.keys()]
    return tuple(sorted(told))


def _versions(table: pa.Table) -> dict[str, str]:
    names = ("indicator_id", "indicator_version", "definition_hash")
    if any(name not in table.column_names for name in names):
        return {}
    rows = set(zip(*(table[name].to_pylist() for name in names), strict=True))
    return {str(one): f"{version} ({digest})" for one, version, digest in sorted(rows, key=str)}
