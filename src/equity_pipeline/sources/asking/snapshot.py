"""Raw answers kept untouched: the bytes once, and beside them where and when they came from."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.asking.client import Question
from equity_pipeline.sources.asking.transport import without_user


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One stored answer: question, hashes, time, licence, and the file with the raw bytes.

    ``as_of`` is the date of the run that it was fetched for: ages are counted from it, so that a
    run that is told its date finds the same answers young enough, whatever the clock says.
    ``stale_since`` is the time of the last good answer when the source could not be reached and
    this stored answer was used in its place; None for a fresh answer.
    """

    source: str
    url: str
    method: str
    body_sha256: str
    sha256: str
    fetched_at: datetime
    licence: str
    path: Path
    as_of: date
    stale_since: datetime | None = None

    def read(self) -> bytes:
        """Return the raw bytes.

        Raises
        ------
        SourceError
            If the file is gone or its bytes are no longer those that were stored.
        """
        try:
            content = self.path.read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise SourceError(
                "A stored answer is gone or has been changed.",
                where=str(self.path),
                mend="remove it and run again with the source in reach",
            )
        return content

    def stale(self) -> Snapshot:
        """Return the snapshot marked as standing in for a source out of reach."""
        return replace(self, stale_since=self.fetched_at)

    def age_days(self, today: date) -> int:
        """Return how many days old the answer is on a date."""
        return (today - self.as_of).days


@dataclass(frozen=True, slots=True)
class SnapshotStore:
    """A folder of raw answers: ``<source>/<sha256>.raw`` and a JSON card for each question.

    The same bytes are stored once, whatever was asked. A source that revises an answer silently
    gets a new card beside the old one.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> asked = Question("GET", "https://api.kolada.se/v3/kpi/N01951")
    >>> when = datetime(2026, 1, 1, tzinfo=UTC)
    >>> with TemporaryDirectory() as folder:
    ...     store = SnapshotStore(Path(folder))
    ...     kept = store.keep(asked, b"{}", source="kolada", licence="free", fetched_at=when)
    ...     store.latest(asked, source="kolada") == kept, kept.read()
    (True, b'{}')
    """

    folder: Path

    def keep(
        self,
        question: Question,
        content: bytes,
        *,
        source: str,
        licence: str,
        fetched_at: datetime,
        as_of: date | None = None,
    ) -> Snapshot:
        """Store an answer and return its snapshot; ``fetched_at`` carries a time zone."""
        sha256 = hashlib.sha256(content).hexdigest()
        kept = Snapshot(
            source=source,
            url=without_user(question.url),
            method=question.method,
            body_sha256=hashlib.sha256(question.body).hexdigest(),
            sha256=sha256,
            fetched_at=fetched_at.astimezone(UTC),
            licence=licence,
            path=self.folder / source / f"{sha256}.raw",
            as_of=as_of or fetched_at.date(),
        )
        kept.path.parent.mkdir(parents=True, exist_ok=True)
        if not kept.path.exists() or kept.path.read_bytes() != content:
            write_whole(kept.path, content)
        card = self._cards(question, source) / f"{sha256}.json"
        card.parent.mkdir(parents=True, exist_ok=True)
        write_whole(card, _card(kept, question))
        return kept

    def latest(self, question: Question, *, source: str) -> Snapshot | None:
        """Return the newest undamaged answer to a question, or None."""
        cards = sorted(self._cards(question, source).glob("*.json"))
        read = [self._read(card, source) for card in cards]
        known = sorted((one for one in read if one), key=_newest, reverse=True)
        return next((one for one in known if _is_whole(one)), None)

    def _cards(self, question: Question, source: str) -> Path:
        return self.folder / source / "questions" / question.key[:32]

    def _read(self, card: Path, source: str) -> Snapshot | None:
        try:
            held: dict[str, Any] = json.loads(card.read_text("utf-8"))
            fetched_at = datetime.fromisoformat(held["fetched_at"])
            return Snapshot(
                source=held["source"],
                url=held["url"],
                method=held["method"],
                body_sha256=held["body_sha256"],
                sha256=held["sha256"],
                fetched_at=fetched_at,
                licence=held["licence"],
                path=self.folder / source / Path(held["file"]).name,
                as_of=date.fromisoformat(held.get("as_of") or fetched_at.date().isoformat()),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None  # a card cut short by a crash is as good as none


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is either whole or not there, also after a crash."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _card(kept: Snapshot, question: Question) -> bytes:
    held = {
        "source": kept.source,
        "method": kept.method,
        "url": kept.url,
        "body": question.body.decode("utf-8", "replace"),
        "body_sha256": kept.body_sha256,
        "sha256": kept.sha256,
        "fetched_at": kept.fetched_at.isoformat(),
        "as_of": kept.as_of.isoformat(),
        "licence": kept.licence,
        "file": kept.path.name,
    }
    return (json.dumps(held, indent=1, ensure_ascii=False) + "\n").encode()


def _newest(kept: Snapshot) -> tuple[datetime, date]:
    return kept.fetched_at, kept.as_of


def _is_whole(kept: Snapshot) -> bool:
    try:
        kept.read()
    except SourceError:
        return False
    return True
