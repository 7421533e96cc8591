"""A release as anyone sees who may read the folder: its tables, its database, its other files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.audit.finding import CouldNotJudge
from equity_pipeline.settings import DisclosureSettings
from equity_pipeline.vocabulary import vocabulary

MANIFEST, HASHES = "datapackage.json", "SHA256SUMS"
READ_ONLY = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}
MARTS = "select table_name from duckdb_tables() where schema_name = 'mart' order by all"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may not be found.

    Attributes
    ----------
    count
        Fewer persons than this with, or without, an outcome; and one more than an interval of
        fewer must be wide.
    denominator
        Fewer persons than this in a cell.
    sensitive
        Dimensions where nobody and everybody are told of nobody.
    """

    count: int = 5
    denominator: int = 20
    sensitive: tuple[str, ...] = ("country_of_birth", "disability_proxy")


@dataclass(frozen=True, slots=True)
class Source:
    """One table of a form, and the file in which it stands."""

    form: str
    file: str
    data: pa.Table


@dataclass(frozen=True, slots=True)
class Release:
    """Everything that a reader of a release folder has.

    Attributes
    ----------
    folder
        Where it lies.
    sources
        Its tables; the database's own where they differ from the files.
    limits
        What may not be found, as the manifest says or by default.
    previous
        Earlier releases, the oldest first.
    """

    folder: Path
    sources: tuple[Source, ...]
    limits: Limits = Limits()
    previous: tuple[Release, ...] = field(default=())

    def files(self) -> list[Path]:
        """Return every file below the folder, in order."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def of(self, form: str) -> Iterator[Source]:
        """Yield the tables of one form."""
        return (one for one in self.sources if one.form == form)


def read_release(folder: Path, *previous: Path) -> Release:
    """Return a release, with the releases before it.

    Raises
    ------
    CouldNotJudge
        If a file is absent, cannot be read, or is of no form of the vocabulary; all are told.
    """
    manifest = _manifest(folder)
    problems = [*_absent(folder, manifest)]
    sources: list[Source] = []
    for path in sorted(folder.rglob("*.parquet")):
        name = path.relative_to(folder).as_posix()
        if path.stem not in vocabulary().forms:
            problems.append(f"{name} is of no known form")
            continue
        try:
            rows = pq.ParquetFile(path).read().replace_schema_metadata(None)
            sources.append(Source(path.stem, name, rows))
        except (pa.ArrowException, OSError) as error:
            problems.append(f"{name} cannot be read ({type(error).__name__})")
    for path in sorted(folder.rglob("*.duckdb")):
        name = path.relative_to(folder).as_posix()
        try:
            sources += [one for one in _of_database(path, name) if not _repeats(one, sources)]
        except duckdb.Error as error:
            problems.append(f"{name} cannot be read ({type(error).__name__})")
    problems += [
        f"{one.file} holds the table {one.form!r}, which is of no known form"
        for one in sources
        if one.form not in vocabulary().forms
    ]
    if not sources:
        problems.append("no table was found")
    if problems:
        raise CouldNotJudge(
            f"The release cannot be read whole: {'; '.join(problems)}.",
            where=str(folder),
            mend="audit the folder of one release, as `equity release` made it",
        )
    earlier = tuple(read_release(one) for one in previous)
    return Release(folder, tuple(sources), _limits(manifest), earlier)


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CouldNotJudge(
            f"The manifest cannot be read ({type(error).__name__}).",
            where=str(path),
            mend="publish the release again",
        ) from None
    return read if isinstance(read, dict) else {}


def _absent(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the release says it has and has not."""
    if not folder.is_dir():
        yield "there is no such folder"
    named = {str(one.get("path", "")) for one in manifest.get("resources", [])}
    if (folder / HASHES).exists():
        lines = (folder / HASHES).read_text("utf-8", errors="replace").splitlines()
        named |= {line.partition("  ")[2] for line in lines}
    for name in sorted(named - {""}):
        if not (folder / name).exists():
            yield f"{name} is absent"


def _limits(manifest: Mapping[str, Any]) -> Limits:
    """Return the limits that the manifest tells; where it does not, those of the settings."""
    told, default = manifest.get("run", {}), DisclosureSettings()
    sensitive = told.get("sensitive_dimensions", default.sensitive_dimensions)
    return Limits(
        int(told.get("smallest_count", default.smallest_count)),
        int(told.get("smallest_denominator", default.smallest_denominator)),
        tuple(sensitive.split(",") if isinstance(sensitive, str) else sensitive),
    )


def open_database(path: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection that reads one database and nothing else."""
    return duckdb.connect(str(path), read_only=True, config=dict(READ_ONLY))


def _of_database(path: Path, name: str) -> Iterator[Source]:
    with open_database(path) as connection:
        for (form,) in connection.execute(MARTS).fetchall():
            rows = connection.sql(f'select * from mart."{form}"').to_arrow_table()
            yield Source(form, name, rows)


def _repeats(one: Source, others: list[Source]) -> bool:
    """Return whether a table of the database says only what a file says."""
    return any(
        other.form == one.form
        and other.data.column_names == one.data.column_names
        and other.data.num_rows == one.data.num_rows
        and all(_same(other.data[name], one.data[name]) for name in one.data.column_names)
        for other in others
    )


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    try:
        return bool(one.combine_chunks().equals(other.cast(one.type).combine_chunks()))
    except pa.ArrowException:
        return False
