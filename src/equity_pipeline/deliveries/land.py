"""Loads a delivery folder into ``raw``: each file in one transaction, each row accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from equity_pipeline.deliveries import books, quarantine
from equity_pipeline.deliveries.conflicts import conflicts
from equity_pipeline.deliveries.find import (
    Delivered,
    absent_files,
    find_paths,
    open_delivery,
    shown_name,
)
from equity_pipeline.deliveries.identities import without_identities
from equity_pipeline.deliveries.layout import FileLayout, Layout, find_layout, read_layout
from equity_pipeline.deliveries.read import Parsed, parse
from equity_pipeline.deliveries.schema import count, create_raw_schema
from equity_pipeline.deliveries.stage import JUDGED, SUPERSEDED, Stage
from equity_pipeline.deliveries.verdict import FileReport, LoadReport, Refusal
from equity_pipeline.deliveries.volume import check_volume
from equity_pipeline.errors import ConfigurationError, WarehouseError
from equity_pipeline.settings import Settings

__all__ = ["FileReport", "LoadReport", "create_raw_schema", "load", "take"]

Progress = Callable[[str], None]


def load(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of: date,
    progress: Progress | None = None,
) -> LoadReport:
    """Load every new file of the delivery folder, and return what became of each.

    A refused file stops no other; ``raise_if_refused`` of the report stops the night. Without a
    delivery folder only the empty tables are made.

    Parameters
    ----------
    connection
        The open internal database, outside any transaction.
    as_of
        The date of the run; the day of files without a dated manifest.
    progress
        Called with one line of text for each file.

    Raises
    ------
    ConfigurationError
        If the folder is not there, or purpose, legal basis or owner is not declared.
    DeclarationError
        If a layout cannot be used.
    WarehouseError
        If rows are unaccounted for, or the tables are not those of the vocabulary.
    """
    create_raw_schema(connection)
    folder = settings.deliveries.folder
    if folder is None:
        return LoadReport()
    _check_declared(settings, folder)
    layouts = tuple(read_layout(path) for path in settings.deliveries.layouts)
    paths = find_paths(folder, layouts)
    taken = take(
        settings,
        connection,
        paths,
        layouts=layouts,
        as_of=as_of,
        folder=folder,
        progress=progress,
    )
    door = _Door(settings, connection, layouts, as_of)
    absent = [door.refuse(name, Refusal("manifest_file_absent")) for name in absent_files(folder)]
    return LoadReport((*taken.files, *absent))


def take(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    paths: Iterable[Path],
    *,
    layouts: Iterable[Layout],
    as_of: date,
    folder: Path | None = None,
    any_name: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load exactly these files, in this order, and return what became of each.

    Parameters
    ----------
    connection
        An open database, outside any transaction; the tables of ``raw`` are made where missing.
    layouts
        Tried in order; the first ``[[file]]`` whose pattern fits the name is used.
    folder
        The delivery folder, from which names in reports start; without it, each file's own.
    any_name
        A file that fits no pattern is read in the one ``[[file]]`` of the only layout given: for
        a caller who asks for that layout by name.
    progress
        Called with one line of text for each file.
    """
    create_raw_schema(connection)
    door = _Door(settings, connection, tuple(layouts), as_of, any_name)
    files = []
    for path in paths:
        for report in door.files(path, folder or path.parent):
            files.append(report)
            if progress is not None:
                progress(f"{report.name}: {report.verdict}, {report.rows_loaded} rows")
    return LoadReport(tuple(files))


def _check_declared(settings: Settings, folder: Path) -> None:
    held = settings.deliveries
    empty = [
        name for name in ("purpose", "legal_basis", "owner") if not getattr(held, name).strip()
    ]
    if empty:
        raise ConfigurationError(
            f"Deliveries need a declared {', '.join(empty)}.",
            where="[deliveries]",
            mend="say in the configuration why, by which right and for whom the data are held",
        )
    if not folder.is_dir():
        raise ConfigurationError(
            "The delivery folder does not exist.",
            where=f"deliveries.folder = {folder}",
            mend="correct the path; a relative one starts from the configuration file",
        )


@dataclass(frozen=True, slots=True)
class _Door:
    """One pass over delivered files."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    layouts: tuple[Layout, ...]
    as_of: date
    any_name: bool = False

    def files(self, path: Path, folder: Path) -> Iterator[FileReport]:
        try:
            yield from (self._file(file) for file in open_delivery(path, folder))
        except Refusal as refusal:
            yield self.refuse(shown_name(path, folder), refusal)

    def _layout(self, name: str) -> tuple[Layout, FileLayout] | None:
        found = find_layout(self.layouts, name)
        held = [(layout, file) for layout in self.layouts for file in layout.files]
        return held[0] if found is None and self.any_name and len(held) == 1 else found

    def _file(self, file: Delivered) -> FileReport:
        declared = self._layout(file.name)
        if declared is None:
            return self.refuse(file.name, Refusal("no_layout_matches"), file)
        lines = books.loaded_lines(self.connection)
        before = books.loaded_before(lines, file, declared[0])
        if before is not None:
            return FileReport(file.name, "already_loaded", rows_before=before.rows_in)
        replaced = books.replaced_by(lines, file)
        if any(line.delivered_as_of > self._day(file) for line in replaced):
            return FileReport(file.name, "already_loaded", reasons={SUPERSEDED: 0})
        try:
            return self._land(file, declared, [line.load_id for line in replaced])
        except Refusal as refusal:
            return self.refuse(file.name, refusal, file, declared)

    def _land(
        self, file: Delivered, declared: tuple[Layout, FileLayout], replaced: list[int]
    ) -> FileReport:
        layout = declared[1]
        kind = layout.format_of(file.name)
        parsed = parse(file.data, layout, file.name)
        file.check_rows(parsed.rows_in)
        check_volume(self.connection, declared[0].name, layout, parsed.rows_in)
        parsed = without_identities(parsed, declared, as_of=self.as_of)
        stage = Stage(self.connection, layout, self._day(file), self._extracted(file))
        held: Path | None = None
        fault = ""
        try:
            with books.transaction(self.connection):
                load_id = books.next_load_id(self.connection)
                stage.forget(replaced)
                reasons = self._reasons(parsed, stage.judge(parsed, kind))
                held = self._store(parsed, load_id, reasons)
                warnings = conflicts(self.connection, layout, JUDGED)
                report = self._report(file, parsed, reasons, stage.insert(load_id), warnings)
                self._write(report, file, load_id, declared)
                file.check_unchanged()
        except BaseException as error:
            if held is not None:
                held.unlink(missing_ok=True)
            if not isinstance(error, duckdb.Error):
                raise
            fault = _plain_words(error)
        finally:
            stage.close()
        if fault:
            raise WarehouseError(fault, where=file.name, mend="nothing of this file was kept")
        return report

    def _reasons(self, parsed: Parsed, judged: dict[str, int]) -> dict[str, int]:
        reasons = judged | ({quarantine.RAGGED: len(parsed.ragged)} if parsed.ragged else {})
        bad = sum(n for reason, n in reasons.items() if reason != SUPERSEDED)
        limit = self.settings.deliveries.quarantine_limit
        if quarantine.share_refuses(bad, parsed.rows_in, limit):
            raise Refusal("quarantine_share", rows=parsed.rows_in, reasons=reasons)
        return reasons

    def _store(self, parsed: Parsed, load_id: int, reasons: dict[str, int]) -> Path | None:
        if not reasons:
            return None
        return quarantine.store(self.connection, parsed, load_id, self.settings.quarantine)

    def _report(
        self,
        file: Delivered,
        parsed: Parsed,
        reasons: dict[str, int],
        entities: dict[str, int],
        warnings: dict[str, int],
    ) -> FileReport:
        good = f"select count(*) from {JUDGED} where reason is null"
        return FileReport(
            file.name,
            "quarantine" if reasons else "accept",
            rows_in=parsed.rows_in,
            rows_loaded=count(self.connection, good),
            rows_quarantined=sum(reasons.values()),
            reasons=dict(sorted(reasons.items())),
            entities=entities,
            warnings=warnings,
        )

    def refuse(
        self,
        name: str,
        refusal: Refusal,
        file: Delivered | None = None,
        declared: tuple[Layout, FileLayout] | None = None,
    ) -> FileReport:
        report = FileReport(
            name,
            "reject_file",
            rows_in=refusal.rows,
            rows_refused=refusal.rows,
            reasons=refusal.reasons,
            is_counted=refusal.is_counted,
        )
        with books.transaction(self.connection):
            self._write(report, file, books.next_load_id(self.connection), declared)
        return report

    def _write(
        self,
        report: FileReport,
        file: Delivered | None,
        load_id: int,
        declared: tuple[Layout, FileLayout] | None,
    ) -> None:
        books.write_line(
            self.connection,
            report,
            load_id=load_id,
            sha256=file.sha256 if file else "",
            on=self._day(file),
            declared=declared,
        )

    def _day(self, file: Delivered | None) -> date:
        return file.day(self.as_of) if file else self.as_of

    def _extracted(self, file: Delivered) -> date:
        return (file.manifest.extracted_on if file.manifest else None) or self.as_of


def _plain_words(error: duckdb.Error) -> str:
    # Messages about the machine are told; any other may repeat a value from a row.
    told = (duckdb.IOException, duckdb.OutOfMemoryException)
    more = f": {error}" if isinstance(error, told) else ""
    return f"The database could not take the file in ({type(error).__name__}){more}."
