"""Which of two deliveries is the newer: an order that does not ask which of them came first.

1. The day: the end of the period that a delivery is for (``period`` of its manifest, else the
   folder's name), or the day of its extract if that is earlier.
2. The moment of the extract, from the manifest; without one the beginning of that day.
3. For what has neither manifest nor period, when it was first seen: nobody but the books dates
   it, so ``day`` is the date of the night that saw it, other bytes under the same name are newer
   than those before, and of one night the files are taken in the order of their paths. Of files
   that have a date this is 0, unless the same path holds other bytes of the same day and moment:
   then the bytes that lie there now are the newer.
4. The hash of the content, so that no two deliveries are ever equal.

The same bytes are one delivery however often and under whatever names they come, as old as the
oldest of these: who wants to go back to earlier rows sends them with other bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from equity_pipeline.deliveries.reading.manifest import end_of_period

if TYPE_CHECKING:
    from equity_pipeline.deliveries.reading.find import Delivered


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """The place of a delivery among all others; the greater is the newer.

    Examples
    --------
    >>> first = Rank(date(2025, 1, 1), datetime(2025, 1, 2), 0, "f")
    >>> first < Rank(date(2025, 1, 1), datetime(2025, 1, 20), 0, "a")
    True
    """

    day: date
    extracted_at: datetime
    seen: int
    sha256: str


def rank_of(
    file: Delivered, *, as_of: date, night: int, before: Iterable[tuple[str, Rank]] = ()
) -> Rank:
    """Return the rank of a delivered file.

    Parameters
    ----------
    as_of, night
        The date of the run and the number of the file in it, for files that nobody dates.
    before
        Names and ranks of what was delivered earlier.
    """
    day, moment = day_of(file, as_of), moment_of(file)
    extracted_at = moment or datetime.combine(day, time.min)
    if not is_dated(file):
        return Rank(day, extracted_at, night, file.sha256)
    same = (rank for name, rank in before if name == file.name and rank.sha256 != file.sha256)
    overwritten = [one.seen for one in same if (one.day, one.extracted_at) == (day, extracted_at)]
    return Rank(day, extracted_at, max(overwritten, default=-1) + 1, file.sha256)


def is_dated(file: Delivered) -> bool:
    """Return whether a delivery tells its own age: by its manifest, or its folder's month."""
    return moment_of(file) is not None or end_of_period(file.period) is not None


def day_of(file: Delivered, as_of: date) -> date:
    """Return the end of the delivery's period or the day of its extract, whichever is first."""
    extracted = file.manifest.extracted_on if file.manifest else None
    known = [one for one in (extracted, end_of_period(file.period)) if one is not None]
    return min(known, default=as_of)


def moment_of(file: Delivered) -> datetime | None:
    """Return when a delivery was extracted, in UTC; None if its manifest does not say it."""
    told = file.manifest.extracted_at if file.manifest else None
    if told is None or isinstance(told, datetime):
        is_local = told is not None and told.tzinfo is not None
        return told.astimezone(UTC).replace(tzinfo=None) if told and is_local else told
    return datetime.combine(told, time.min)
