"""The door for one delivered file after the other: found, judged, loaded whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from pathlib import Path

import duckdb

from equity_pipeline.deliveries import books, quarantine, replacing
from equity_pipeline.deliveries.filled import Filled
from equity_pipeline.deliveries.identity.identities import Identities
from equity_pipeline.deliveries.layouts.casts import LEFT_ASIDE
from equity_pipeline.deliveries.layouts.conflicts import conflicts
from equity_pipeline.deliveries.layouts.layout import FileLayout, Layout, find_layout
from equity_pipeline.deliveries.order import Rank
from equity_pipeline.deliveries.passage import Passage, Progress
from equity_pipeline.deliveries.reading import spool
from equity_pipeline.deliveries.reading.beside import opened as opened_beside
from equity_pipeline.deliveries.reading.find import (
    Delivered,
    Reading,
    is_left_aside,
    open_delivery,
    shown_name,
)
from equity_pipeline.deliveries.reading.prepare import own_database, prepared
from equity_pipeline.deliveries.reading.read import Parsed, parse
from equity_pipeline.deliveries.replacing import Place, place_of, rank_among
from equity_pipeline.deliveries.schema import count
from equity_pipeline.deliveries.stage import JUDGED, Stage
from equity_pipeline.deliveries.verdict import SUPERSEDED, FileReport, Refusal, Verdict
from equity_pipeline.deliveries.volume import check_volume
from equity_pipeline.errors import EquityError, WarehouseError
from equity_pipeline.machine import of_the_machine
from equity_pipeline.settings import Settings

Declared = tuple[Layout, FileLayout]


@dataclass(frozen=True, slots=True)
class Door:
    """One pass over delivered files; ``night`` is its number, for files that nobody dates."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    layouts: tuple[Layout, ...]
    as_of: date
    any_name: bool = False
    progress: Progress | None = None
    night: int = 0

    def clear(self) -> None:
        """Delete what a run that was cut off left in the staging folder."""
        spool.empty(self._reading.staging)
        # DuckDB's own bar would stand in the middle of what commands print.
        self.connection.execute("set enable_progress_bar = false")

    def files(self, path: Path, folder: Path) -> Iterator[FileReport]:
        """Yield what became of a file, or of each member of an archive."""
        holds_table = False
        try:
            for file in open_delivery(path, folder, self._reading):
                if not is_left_aside(file.name, self.layouts):
                    holds_table = True
                    yield self._file(file)
            if not holds_table:
                raise Refusal("nothing_delivered")
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
        lines = books.loaded_lines(self.connection) if file else []
        rank = self._rank(file, lines) if file else Rank(self.as_of, self._midnight, 0, "")
        with books.transaction(self.connection):
            load_id = books.next_load_id(self.connection)
            self._write(report, file, load_id, declared, rank)
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
        rank = self._rank(file, lines)
        before = books.loaded_before(lines, file, declared[0])
        if before is not None:
            replacing.came_again(self.connection, file, before.rank, rank)
            return _again(file.name, before.rows_in)
        try:
            return self._land(file, declared, place_of(rank, file, lines))
        except Refusal as refusal:
            return self.refuse(file.name, refusal, file, declared)

    def _rank(self, file: Delivered, lines: list[books.Line]) -> Rank:
        return rank_among(lines, file, as_of=self.as_of, night=self.night)

    def _land(self, file: Delivered, declared: Declared, place: Place) -> FileReport:
        newer = () if place.is_late else place.newer
        stage = Stage(self.connection, declared[1], newer, self._extracted(file))
        fault: EquityError
        try:
            return self._taken(file, declared, stage, place)
        except duckdb.Error as error:
            fault = of_the_machine(error) or _not_taken(error, file.name)
        finally:
            stage.close()
        raise fault

    def _taken(self, file: Delivered, declared: Declared, stage: Stage, place: Place) -> FileReport:
        identities = Identities(declared, as_of=self.as_of, outside=self._outside)
        held: Path | None = None
        try:
            with self._parsed(file, declared[1]) as parsed, books.transaction(self.connection):
                load_id = books.next_load_id(self.connection)
                stage.forget(place.replaced)
                passage = self._judge(file, parsed, declared, identities, stage)
                key_id = identities.key_id
                judged = stage.reasons(key_id=key_id, moved=identities.moved())
                reasons = self._reasons(passage, judged)
                stage.tell_months(load_id)
                if place.is_late:
                    self._note(_late(file, passage), file, load_id, declared, place.rank, key_id)
                    return _late(file, passage, verdict="already_loaded")
                held = self._store(passage, load_id, reasons)
                warnings = conflicts(self.connection, declared[1], JUDGED)
                entities = stage.insert(load_id, key_id=key_id)
                report = self._report(file, passage, reasons, entities, warnings)
                self._note(report, file, load_id, declared, place.rank, key_id)
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
        if passage.rows > passage.ragged:
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

    def _note(
        self,
        report: FileReport,
        file: Delivered,
        load_id: int,
        declared: Declared,
        rank: Rank,
        key_id: str | None,
    ) -> None:
        """Write a load into the books, under the name that it came with."""
        self._write(report, file, load_id, declared, rank, key_id)
        books.name(self.connection, file)
        books.make_older(self.connection, rank)
        replacing.follow(self.connection, [one.entity for one in declared[1].entity])

    def _write(
        self,
        report: FileReport,
        file: Delivered | None,
        load_id: int,
        declared: Declared | None,
        rank: Rank,
        key_id: str | None = None,
    ) -> None:
        books.write_line(
            self.connection,
            report,
            load_id=load_id,
            rank=rank,
            declared=declared,
            period=file.period if file else None,
            key_id=key_id,
        )

    @property
    def _outside(self) -> tuple[Path, ...]:
        held = self.settings
        folders = (held.deliveries.folder, held.release.share, held.releases, held.candidates)
        return tuple(folder for folder in folders if folder is not None)

    @property
    def _midnight(self) -> datetime:
        return datetime.combine(self.as_of, time.min)

    def _extracted(self, file: Delivered) -> date:
        return (file.manifest.extracted_on if file.manifest else None) or self.as_of


def _again(name: str, rows: int) -> FileReport:
    reasons = {"already_loaded": rows}
    return FileReport(
        name, "already_loaded", rows_in=rows, rows_refused=rows, reasons=reasons, rows_before=rows
    )


def _late(file: Delivered, passage: Passage, verdict: Verdict = SUPERSEDED) -> FileReport:
    """What became of a file that a newer one of its series stands in the place of: not a row."""
    return FileReport(file.name, verdict, reasons={SUPERSEDED: 0}, rows_before=passage.rows)


def _not_taken(error: duckdb.Error, name: str) -> WarehouseError:
    # Messages about the machine are told; any other may repeat a value from a row.
    told = (duckdb.IOException, duckdb.OutOfMemoryException)
    more = f": {error}" if isinstance(error, told) else ""
    what = f"The database could not take the file in ({type(error).__name__}){more}."
    return WarehouseError(what, where=name, mend="nothing of this file was kept")
