"""The door for one delivered file after the other: found, judged, loaded whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from equity_pipeline.deliveries import books, quarantine, spool
from equity_pipeline.deliveries.beside import opened as opened_beside
from equity_pipeline.deliveries.casts import LEFT_ASIDE
from equity_pipeline.deliveries.conflicts import conflicts
from equity_pipeline.deliveries.filled import Filled
from equity_pipeline.deliveries.find import (
    Delivered,
    Reading,
    is_left_aside,
    open_delivery,
    shown_name,
)
from equity_pipeline.deliveries.identities import Identities
from equity_pipeline.deliveries.layout import FileLayout, Layout, find_layout
from equity_pipeline.deliveries.passage import Passage, Progress
from equity_pipeline.deliveries.prepare import own_database, prepared
from equity_pipeline.deliveries.read import Parsed, parse
from equity_pipeline.deliveries.schema import count
from equity_pipeline.deliveries.stage import JUDGED, SUPERSEDED, Stage
from equity_pipeline.deliveries.verdict import FileReport, Refusal
from equity_pipeline.deliveries.volume import check_volume
from equity_pipeline.errors import WarehouseError
from equity_pipeline.settings import Settings

Declared = tuple[Layout, FileLayout]


@dataclass(frozen=True, slots=True)
class Door:
    """One pass over delivered files."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    layouts: tuple[Layout, ...]
    as_of: date
    any_name: bool = False
    progress: Progress | None = None

    def clear(self) -> None:
        """Delete what a run that was cut off left in the staging folder."""
        spool.empty(self._reading.staging)
        # DuckDB's own bar would stand in the middle of what commands print.
        self.connection.execute("set enable_progress_bar = false")

    def files(self, path: Path, folder: Path) -> Iterator[FileReport]:
        """Yield what became of a file, or of each member of an archive."""
        try:
            for file in open_delivery(path, folder, self._reading):
                if not is_left_aside(file.name, self.layouts):
                    yield self._file(file)
        except Refusal as refusal:
            yield self.refuse(shown_name(path, folder), refusal)

    def refuse(
        self,
        name: str,
        refusal: Refusal,
        file: Delivered | None = None,
        declared: Declared | None = None,
    ) -> FileReport:
        """Write a refusal into the books, and return it."""
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

    @property
    def _reading(self) -> Reading:
        held = self.settings.deliveries
        staging = self.settings.internal / spool.FOLDER
        return Reading(staging, held.settle_seconds, held.largest_file_bytes)

    def _layout(self, name: str) -> Declared | None:
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
            return _again(file.name, before.rows_in)
        replaced = books.replaced_by(lines, file)
        if any(line.delivered_as_of > self._day(file) for line in replaced):
            return FileReport(file.name, "already_loaded", reasons={SUPERSEDED: 0})
        try:
            return self._land(file, declared, [line.load_id for line in replaced])
        except Refusal as refusal:
            return self.refuse(file.name, refusal, file, declared)

    def _land(self, file: Delivered, declared: Declared, replaced: list[int]) -> FileReport:
        stage = Stage(self.connection, declared[1], self._day(file), self._extracted(file))
        fault = ""
        try:
            return self._taken(file, declared, stage, replaced)
        except duckdb.Error as error:
            fault = _plain_words(error)
        finally:
            stage.close()
        raise WarehouseError(fault, where=file.name, mend="nothing of this file was kept")

    def _taken(
        self, file: Delivered, declared: Declared, stage: Stage, replaced: list[int]
    ) -> FileReport:
        identities = Identities(declared, as_of=self.as_of, outside=self._outside)
        held: Path | None = None
        try:
            with self._parsed(file, declared[1]) as parsed, books.transaction(self.connection):
                load_id = books.next_load_id(self.connection)
                stage.forget(replaced)
                passage = self._judge(file, parsed, declared, identities, stage)
                key_id = identities.key_id
                judged = stage.reasons(key_id=key_id, moved=identities.moved())
                reasons = self._reasons(passage, judged)
                held = self._store(passage, load_id, reasons)
                warnings = conflicts(self.connection, declared[1], JUDGED)
                entities = stage.insert(load_id, key_id=key_id)
                report = self._report(file, passage, reasons, entities, warnings)
                self._write(report, file, load_id, declared, key_id)
                file.check_unchanged()
        except BaseException:
            if held is not None:
                held.unlink(missing_ok=True)
            raise
        return report

    @contextmanager
    def _parsed(self, file: Delivered, layout: FileLayout) -> Iterator[Parsed]:
        """Give the file's rows as text, with the columns that the layout's SQL adds."""
        held, block = self.settings, self.settings.deliveries.block_bytes
        parsed = parse(file.content, layout, file.name, block_bytes=block)
        if layout.prepare is None:
            yield parsed
            return
        beside = partial(opened_beside, file.path, staging=self._reading.staging)
        with own_database(held.internal / spool.FOLDER, held.run) as apart:
            yield prepared(apart, parsed, layout, beside)

    def _judge(
        self,
        file: Delivered,
        parsed: Parsed,
        declared: Declared,
        identities: Identities,
        stage: Stage,
    ) -> Passage:
        """Read the whole file into the judged rows, and refuse what it shows as a whole."""
        layout = declared[1]
        filled = Filled(layout, parsed.header)
        passage = Passage(parsed, identities, filled, name=file.name, progress=self.progress)
        kind = layout.format_of(file.name)
        stage.judge(passage.batches(), parsed.header, kind)
        if not passage.rows and not layout.may_be_empty:
            raise Refusal("no_rows")
        file.check_rows(passage.rows)
        check_volume(self.connection, declared[0].name, layout, passage.rows)
        identities.refuse_found(passage.rows)
        if passage.rows:
            filled.refuse_empty(passage.rows)
        return passage

    def _reasons(self, passage: Passage, judged: dict[str, int]) -> dict[str, int]:
        reasons = judged | ({quarantine.RAGGED: passage.ragged} if passage.ragged else {})
        bad = sum(n for reason, n in reasons.items() if quarantine.at_fault(reason))
        limit = self.settings.deliveries.quarantine_limit
        if quarantine.share_refuses(bad, passage.rows, limit):
            raise Refusal("quarantine_share", rows=passage.rows, reasons=reasons)
        return reasons

    def _store(self, passage: Passage, load_id: int, reasons: dict[str, int]) -> Path | None:
        if all(reason.startswith(LEFT_ASIDE) for reason in reasons):
            return None
        return quarantine.store(self.connection, passage.again(), load_id, self.settings.quarantine)

    def _report(
        self,
        file: Delivered,
        passage: Passage,
        reasons: dict[str, int],
        entities: dict[str, int],
        warnings: dict[str, int],
    ) -> FileReport:
        good = f"select count(*) from {JUDGED} where reason is null"
        return FileReport(
            file.name,
            "accept" if all(one.startswith(LEFT_ASIDE) for one in reasons) else "quarantine",
            rows_in=passage.rows,
            rows_loaded=count(self.connection, good),
            rows_quarantined=sum(reasons.values()),
            reasons=dict(sorted(reasons.items())),
            entities=entities,
            warnings=warnings,
        )

    def _write(
        self,
        report: FileReport,
        file: Delivered | None,
        load_id: int,
        declared: Declared | None,
        key_id: str | None = None,
    ) -> None:
        books.write_line(
            self.connection,
            report,
            load_id=load_id,
            sha256=file.sha256 if file else "",
            on=self._day(file),
            declared=declared,
            period=file.period if file else None,
            key_id=key_id,
        )

    @property
    def _outside(self) -> tuple[Path, ...]:
        held = self.settings
        folders = (held.deliveries.folder, held.release.share, held.releases, held.candidates)
        return tuple(folder for folder in folders if folder is not None)

    def _day(self, file: Delivered | None) -> date:
        return file.day(self.as_of) if file else self.as_of

    def _extracted(self, file: Delivered) -> date:
        return (file.manifest.extracted_on if file.manifest else None) or self.as_of


def _again(name: str, rows: int) -> FileReport:
    reasons = {"already_loaded": rows}
    return FileReport(
        name, "already_loaded", rows_in=rows, rows_refused=rows, reasons=reasons, rows_before=rows
    )


def _plain_words(error: duckdb.Error) -> str:
    # Messages about the machine are told; any other may repeat a value from a row.
    told = (duckdb.IOException, duckdb.OutOfMemoryException)
    more = f": {error}" if isinstance(error, told) else ""
    return f"The database could not take the file in ({type(error).__name__}){more}."
