"""What a file holds beside its rows: extra columns, metadata, statistics, unreferenced bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.databases import of_database
from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.folder import of_folder
from equity_pipeline.audit.source import Source
from equity_pipeline.vocabulary import vocabulary

EXTRA_COLUMN, METADATA, STATISTICS, BYTES = (
    "extra_column",
    "metadata",
    "column_statistics",
    "unreferenced_bytes",
)
OF_FILE = {"form", "form_code", "title_sv", "title_en", "disclosure_tier", "run_id", "ARROW:schema"}
OF_COLUMN = {"label_sv", "label_en", "unit", "PARQUET:field_id"}
MAGIC = 4  # bytes at either end of a parquet file
BETWEEN = 512  # bytes that a writer may leave between pages


def attack(by: Attacker) -> list[Finding]:
    """Return what files hold beside what their forms may."""
    found = [one for source in by.release.sources for one in _columns(source)]
    found += of_folder(by.release)
    for path in by.release.files():
        name = path.relative_to(by.release.folder).as_posix()
        if path.suffix == ".parquet":
            found += [*_parquet(path, name)]
        elif path.suffix == ".duckdb":
            found += [*of_database(path, name)]
    return found


def _columns(source: Source) -> Iterator[Finding]:
    for name in set(source.data.column_names) - set(vocabulary().forms[source.form].columns):
        words = "a column that the form does not have"
        yield Finding(EXTRA_COLUMN, Key(), name, source.file, words)


def _parquet(path: Path, name: str) -> Iterator[Finding]:
    file = pq.ParquetFile(path)
    told = {key.decode(errors="replace") for key in file.metadata.metadata or {}}
    for key in sorted(told - OF_FILE):
        yield Finding(METADATA, Key(), key, name, "metadata that a release does not have")
    for field in file.schema_arrow:
        more = {key.decode(errors="replace") for key in field.metadata or {}} - OF_COLUMN
        for key in sorted(more):
            words = f"metadata {key!r} of a column that a release does not have"
            yield Finding(METADATA, Key(), field.name, name, words)
    yield from _statistics(file, name)
    if _unreferenced(file, path) > BETWEEN:
        words = "bytes that belong to no column may hold rows that were taken away"
        yield Finding(BYTES, Key(), "", name, words)


def _statistics(file: pq.ParquetFile, name: str) -> Iterator[Finding]:
    """Yield columns whose statistics tell of values that no row has."""
    for group in range(file.metadata.num_row_groups):
        rows = file.read_row_group(group)
        for number in range(file.metadata.num_columns):
            about = file.metadata.row_group(group).column(number)
            column, known = about.path_in_schema, about.statistics
            if known is None or column not in rows.schema.names:
                continue
            if _tells_more(known, rows[column]):
                words = "the column's statistics tell of values that no row shows"
                yield Finding(STATISTICS, Key(), column, name, words)


def _tells_more(known: pq.Statistics, column: pa.ChunkedArray) -> bool:
    """Return whether a column's statistics tell of a value that it does not have."""
    if known.has_null_count and known.null_count < column.null_count:
        return True
    if not known.has_min_max:
        return False
    ends = pc.min_max(column).as_py()
    if ends["min"] is None:
        return True
    if isinstance(ends["min"], float) and not np.isfinite([ends["min"], ends["max"]]).all():
        return False
    return bool(known.min < ends["min"] or known.max > ends["max"])


def _unreferenced(file: pq.ParquetFile, path: Path) -> int:
    """Return how many bytes of a file belong neither to its columns nor to its footer."""
    used = 0
    for group in range(file.metadata.num_row_groups):
        held = file.metadata.row_group(group)
        used += sum(held.column(one).total_compressed_size for one in range(held.num_columns))
    with path.open("rb") as raw:
        raw.seek(-MAGIC * 2, 2)
        footer = int.from_bytes(raw.read(MAGIC), "little")
    return path.stat().st_size - used - footer - 3 * MAGIC
