"""A release as anyone sees who may read the folder: its tables, its database, its other files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.audit.copies import CSV, of_csv, repeats, without_history
from equity_pipeline.audit.finding import CouldNotJudge
from equity_pipeline.audit.source import Source
from equity_pipeline.settings import DisclosureSettings
from equity_pipeline.vocabulary import vocabulary

MANIFEST, HASHES, OPEN, UNITS = "datapackage.json", "SHA256SUMS", "open", "units"
READ_ONLY = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}
AMONG = "select indicator_id, people_among from ref.indicators where people_among <> ''"
AMONG_KNOWN = """
    from duckdb_columns()
    where (schema_name, table_name, column_name) = ('ref', 'indicators', 'people_among')
"""
MARTS = "select table_name from duckdb_tables() where schema_name = 'mart' order by all"


class Half(StrEnum):
    """A half of the audit; neither needs the other, so that two processes can do one each."""

    NUMBERS = "numbers"  # held against each other, in the release and in its parts
    FILES = "files"  # each by itself, and what units are handed beside the release


BOTH = tuple(Half)


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
    parts
        Releases of their own within it, as the open tier: whose counts are of another kind.
    units
        The folders within it that are handed to single units.
    nested
        Pairs of indicators: the people of the first are, as declared, among those of the second.
    halves
        What it was read for: parts are looked at with the numbers, units with the files.
    """

    folder: Path
    sources: tuple[Source, ...]
    limits: Limits = Limits()
    previous: tuple[Release, ...] = field(default=())
    parts: tuple[Release, ...] = field(default=())
    units: tuple[Release, ...] = field(default=())
    nested: frozenset[tuple[str, str]] = frozenset()
    halves: tuple[Half, ...] = BOTH

    def files(self) -> list[Path]:
        """Return every file below the folder that is not of a part, in order."""
        return [path for path in _below(self.folder, "*") if path.is_file()]

    def of(self, form: str) -> Iterator[Source]:
        """Yield the tables of one form."""
        return (one for one in self.sources if one.form == form)


def parts_of(folder: Path) -> list[Path]:
    """Return the folders below that are releases of their own: they have a manifest."""
    return sorted(path.parent for path in folder.rglob(MANIFEST) if path.parent != folder)


def _below(folder: Path, names: str) -> list[Path]:
    own = set(parts_of(folder))
    return sorted(path for path in folder.rglob(names) if own.isdisjoint(path.parents))


def read_release(folder: Path, *previous: Path, halves: Collection[Half] = BOTH) -> Release:
    """Return a release, with the releases before it, the open tier and the units' folders in it.

    Parameters
    ----------
    folder
        Of the release.
    previous
        Folders of earlier releases, the oldest first.
    halves
        What it is read for; what another half alone looks at is left unread.

    Raises
    ------
    CouldNotJudge
        If a file is absent, cannot be read, or is of no form of the vocabulary; all are told.
    """
    manifest = _manifest(folder)
    problems = [*_absent(folder, manifest)]
    sources: list[Source] = []
    for path in sorted(_below(folder, "*.parquet"), key=lambda one: (len(one.parts), one)):
        if path.stem in vocabulary().forms:
            _add(sources, problems, path, folder, _of_parquet)
        else:
            problems.append(f"{path.relative_to(folder).as_posix()} is of no known form")
    for path in _below(folder, "*.duckdb"):
        _add(sources, problems, path, folder, _of_database)
    for path in _below(folder, f"*{CSV}*"):
        _add(sources, problems, path, folder, of_csv)
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
    of_units = [one for one in parts_of(folder) if one.parent == folder / UNITS]
    return Release(
        folder,
        tuple(without_history(sources)),
        _limits(manifest),
        tuple(read_release(one, halves=halves) for one in previous),
        _open(folder, previous) if Half.NUMBERS in halves else (),
        tuple(map(read_release, of_units)) if Half.FILES in halves else (),
        frozenset(pair for path in _below(folder, "*.duckdb") for pair in _nested(path)),
        tuple(halves),
    )


def _add(
    sources: list[Source],
    problems: list[str],
    path: Path,
    folder: Path,
    read: Callable[[Path, Sequence[Source]], Iterable[tuple[str, pa.Table]]],
) -> None:
    """Add the tables of a file that no other file tells, or the problem that it is."""
    name = path.relative_to(folder).as_posix()
    try:
        for form, rows in read(path, sources):
            one = Source(form, name, rows)
            if not repeats(one, sources):
                sources.append(one)
    except (pa.ArrowException, duckdb.Error, zipfile.BadZipFile, OSError) as error:
        problems.append(f"{name} cannot be read ({type(error).__name__})")


def _of_parquet(path: Path, _: Sequence[Source]) -> Iterator[tuple[str, pa.Table]]:
    yield path.stem, pq.ParquetFile(path).read().replace_schema_metadata(None)


def _open(folder: Path, previous: Sequence[Path]) -> tuple[Release, ...]:
    if folder / OPEN not in parts_of(folder):
        return ()
    return (
        read_release(folder / OPEN, *(one / OPEN for one in previous if (one / OPEN).is_dir())),
    )


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


def _nested(path: Path) -> Iterator[tuple[str, str]]:
    """Yield which indicators are declared to be of people among those of another."""
    with open_database(path) as connection:
        if not connection.execute(AMONG_KNOWN).fetchall():
            return
        for inner, outer in connection.execute(AMONG).fetchall():
            yield from ((inner, one.strip()) for one in outer.split(","))


def _of_database(path: Path, _: Sequence[Source]) -> Iterator[tuple[str, pa.Table]]:
    with open_database(path) as connection:
        for (form,) in connection.execute(MARTS).fetchall():
            yield form, connection.sql(f'select * from mart."{form}"').to_arrow_table()
