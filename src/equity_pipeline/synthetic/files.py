"""Writes delivery files: deterministic parquet and csv, with a manifest for each folder."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.synthetic.streams import Array

PERIOD = "202501"
EXTRACTED_AT = "2025-01-15"
# Sorted keys pack best as differences from the one before.
SORTED_KEYS = ("person_id", "contact_id", "episode_id", "response_id")


def coded(codes: Array, words: Sequence[str] | pa.Array) -> pa.Array:
    """Return words by place; a place under 0 is null.

    Examples
    --------
    >>> coded(np.array([1, -1]), ("a", "b")).to_pylist()
    ['b', None]
    """
    held = words if isinstance(words, pa.Array) else pa.array(list(words))
    places = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(places, held)


def dates(days: Array, *, known: Array | None = None) -> pa.Array:
    """Return dates from days since 1970-01-01; null where not ``known``.

    Examples
    --------
    >>> dates(np.array([18262])).to_pylist()
    [datetime.date(2020, 1, 1)]
    """
    mask = None if known is None else ~known
    return pa.array(days.astype(np.int32), mask=mask).cast(pa.date32())


def numbered(prefix: str, number: int, *, start: int = 1) -> pa.Array:
    """Return ids that sort in the order of their making.

    Examples
    --------
    >>> numbered("C20-", 2).to_pylist()
    ['C20-0000001', 'C20-0000002']
    """
    digits = pa.array(np.arange(start, start + number) + 10**7).cast(pa.string())
    return pa.compute.binary_join_element_wise(
        pa.scalar(prefix), pa.compute.utf8_slice_codeunits(digits, 1), ""
    )


def _write_parquet(table: pa.Table, path: Path) -> None:
    keys = [name for name in table.column_names if name in SORTED_KEYS]
    plain = [pa.types.is_floating(field.type) for field in table.schema]
    for name in keys:
        place = table.column_names.index(name)
        table = table.set_column(place, name, table.column(name).cast(pa.string()))
    packed = [
        name
        for name, is_plain in zip(table.column_names, plain, strict=True)
        if name not in keys and not is_plain
    ]
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=9,
        use_dictionary=packed,
        column_encoding=dict.fromkeys(keys, "DELTA_BYTE_ARRAY") or None,
        store_schema=False,
        write_statistics=False,
        row_group_size=1_000_000,
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_csv(columns: Mapping[str, Sequence[Any]], path: Path) -> int:
    """Write columns as ``;``-separated UTF-8 with LF; return the number of rows."""
    rows = list(zip(*columns.values(), strict=True))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in row] for row in rows)
    return len(rows)


def write_json(value: object, path: Path) -> None:
    """Write JSON, keys in the order given, LF at the end."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


@dataclass(slots=True)
class Delivery:
    """A growing delivery; ``close`` writes the manifest of each folder."""

    root: Path
    rows: dict[str, int] = field(default_factory=dict)
    _files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(
        self, source: str, stem: str, columns: Mapping[str, Any], *, text: bool = False
    ) -> None:
        """Write one file into its source's folder and remember it for the manifest."""
        folder = self.root / source / PERIOD
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{stem}.{'csv' if text else 'parquet'}"
        if text:
            number = write_csv(columns, path)
        else:
            table = pa.table(dict(columns))
            number = table.num_rows
            _write_parquet(table, path)
        self.rows[stem] = number
        entry = {"name": path.name, "rows": number, "sha256": sha256(path)}
        self._files.setdefault(source, []).append(entry)

    def close(self) -> None:
        """Write the manifests."""
        for source, files in self._files.items():
            write_json(manifest(source, files), self.root / source / PERIOD / "manifest.json")


def manifest(source: str, files: list[dict[str, Any]], *, period: str = PERIOD) -> dict[str, Any]:
    """Return what a folder's manifest says."""
    return {
        "source": source,
        "period": period,
        "files": files,
        "extracted_at": EXTRACTED_AT,
        "definition_version": "1.0.0",
    }


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
