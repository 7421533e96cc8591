"""Lets deliveries go when their time is over: rows, what was set aside, files and copies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from equity_pipeline.deliveries.layouts.layout import read_layout
from equity_pipeline.deliveries.schema import create_raw_schema
from equity_pipeline.errors import ConfigurationError, WarehouseError
from equity_pipeline.pipeline.rebuilding import PURGED, Gone, rebuild
from equity_pipeline.settings import Settings, as_of_or_today
from equity_pipeline.warehouse.access_log import log_of, occasion, write
from equity_pipeline.warehouse.database import SPILL_FOLDER, Lock, open_person

PURPOSE = "retention"
DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Load:
    """One delivery in the books, with every name that its bytes came under."""

    load_id: int
    layout: str
    verdict: str
    delivered: date
    sha256: str
    names: list[str]


@dataclass(frozen=True, slots=True)
class Purged:
    """What has gone, or what would go, as counts; None where only doing it can tell."""

    deliveries: int
    rows: int | None
    persons: int | None
    set_aside: int | None
    quarantine_files: int
    delivered_files: int
    old_databases: int
    backups: int
    log_lines: int | None
    dry_run: bool


def purge(settings: Settings, *, as_of: date | None = None, dry_run: bool = False) -> Purged:
    """Remove every delivery older than its source may be kept, and return counts of what went.

    Gone are its rows, what was set aside of it, the delivered files, older copies of the internal
    databases, and all that was built or counted from it: the next night makes that anew. Files go
    before rows, so that a purge that was cut off is done again whole. Releases hold no person's
    row and stay.

    Raises
    ------
    ConfigurationError
        If ``[retention]`` names a layout that is not there.
    WarehouseError
        If a file cannot be removed; nothing is then told as done.
    LockHeld
        If a run is at work in this home.
    """
    day = as_of_or_today(as_of, settings)
    with Lock(settings.run.home), occasion(purpose=PURPOSE):
        loads = _loads(settings)
        due = [one for one in loads if one.verdict != PURGED and _is_due(one, settings, day)]
        aside = [one for one in loads if _is_aside(one, settings, day)]
        files = _files(settings, loads, due, aside)
        if dry_run:
            return _counts(due, files, Gone(), 0, dry_run=True)
        _remove(path for held in files.values() for path in held)
        gone = Gone()
        if due or aside:
            gone = rebuild(settings, [one.load_id for one in due], [one.load_id for one in aside])
        lines = _forget_lines(settings)
        made = _counts(due, files, gone, lines, dry_run=False)
        write(settings, "purge", {"purpose": PURPOSE, "gone": asdict(made)})
        return made


def _loads(settings: Settings) -> list[Load]:
    if not settings.person_database.exists():
        return []
    with open_person(settings) as connection:
        create_raw_schema(connection)
        rows = connection.execute(
            "select load_id, layout, verdict, delivered_as_of, sha256, "
            "list_append(coalesce((select list(named.file_name) from raw.delivery_name as named "
            "where named.sha256 = delivery.sha256), []), file_name) "
            "from raw.delivery where layout <> 'open_data' order by load_id"
        ).fetchall()
        connection.execute("checkpoint")
    loads = [Load(*row) for row in rows]
    known = {one.layout for one in loads}
    known |= {read_layout(path).name for path in settings.deliveries.layouts}
    if unknown := sorted(set(settings.retention.days) - known):
        raise ConfigurationError(
            f"No layout is called {', '.join(unknown)}.",
            where="[retention] days",
            mend=f"name one of: {', '.join(sorted(known - {''})) or 'none is configured'}",
        )
    return loads


def _is_due(load: Load, settings: Settings, day: date) -> bool:
    days = settings.retention.days
    # a file that no layout knew may be of any source: it stays no longer than the shortest
    most = days.get(load.layout) if load.layout else min(days.values(), default=None)
    return most is not None and load.delivered < day - timedelta(days=most)


def _is_aside(load: Load, settings: Settings, day: date) -> bool:
    most = settings.retention.quarantine_days
    return most is not None and load.delivered < day - timedelta(days=most)


def _files(
    settings: Settings, loads: Sequence[Load], due: Sequence[Load], aside: Sequence[Load]
) -> dict[str, list[Path]]:
    """Return which files go, by kind; copies and what was counted only if rows go."""
    gone = [*due, *(one for one in loads if one.verdict == PURGED)]
    ids = {one.load_id for one in (*gone, *aside)}
    held: dict[str, list[Path]] = {
        "quarantine_files": [
            path for one in sorted(ids) if (path := _quarantined(settings, one)).exists()
        ],
        "delivered_files": list(_delivered(settings, gone, loads)),
        "old_databases": list(_old_databases(settings)),
        "backups": [],
        "made_again": [],
    }
    if due:
        held["backups"] = [one for folder in settings.retention.backups for one in _below(folder)]
        held["made_again"] = [one for one in (settings.cells_database,) if one.exists()]
    return held


def _quarantined(settings: Settings, load_id: int) -> Path:
    return settings.quarantine / f"load_{load_id:06d}.parquet"


def _delivered(settings: Settings, gone: Sequence[Load], loads: Sequence[Load]) -> Iterator[Path]:
    """Yield the delivered files of loads that go, known by their bytes; no link is followed."""
    root = settings.deliveries.folder
    if root is None or not gone:
        return
    going = {one.sha256 for one in gone} - {one.sha256 for one in loads if one not in gone}
    for path in _below(root):
        if path.is_symlink():
            continue
        if path.suffix.lower() == ".zip":
            name = f"{path.relative_to(root).as_posix()}/"
            packed = [one for one in loads if any(known.startswith(name) for known in one.names)]
            if packed and {one.sha256 for one in packed} <= going:
                yield path
        elif _sha256(path) in going:
            yield path


def _old_databases(settings: Settings) -> Iterator[Path]:
    """Yield copies of the internal databases in their folder, and what spilled from them."""
    now = {path.name for path in (settings.person_database, settings.cells_database)}
    now |= {f"{name}.wal" for name in now}
    for path in _below(settings.internal, deep=False):
        if ".duckdb" in path.name and path.name not in now:
            yield path
    yield from _below(settings.internal / SPILL_FOLDER)


def _below(folder: Path, *, deep: bool = True) -> Iterator[Path]:
    found = folder.rglob("*") if deep else folder.glob("*")
    yield from sorted(path for path in found if path.is_file() or path.is_symlink())


def _remove(paths: Iterable[Path]) -> None:
    told = []
    for path in paths:
        try:
            path.unlink()
        except OSError as error:
            told.append(f"{path}: {error.strerror}")
    if told:
        raise WarehouseError(
            "Some files could not be removed; the purge is not done:\n  " + "\n  ".join(told),
            mend="let the owner of the home remove files there, and purge again",
        )


def _forget_lines(settings: Settings) -> int:
    years = timedelta(days=DAYS_A_YEAR * settings.access.keep_years)
    return log_of(settings).forget_before(datetime.now(UTC) - years)


def _counts(
    due: Sequence[Load], files: dict[str, list[Path]], gone: Gone, lines: int, *, dry_run: bool
) -> Purged:
    told = {kind: len(held) for kind, held in files.items() if kind != "made_again"}
    return Purged(
        deliveries=len(due),
        rows=None if dry_run else gone.rows,
        persons=None if dry_run else gone.persons,
        set_aside=None if dry_run else gone.set_aside,
        log_lines=None if dry_run else lines,
        dry_run=dry_run,
        **told,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
