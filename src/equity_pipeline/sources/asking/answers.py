"""Questions answered: by the source, or by a stored answer that is young enough."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.asking.client import (
    UNREACHABLE_MEND,
    PoliteClient,
    Question,
    Refused,
    Unreachable,
)
from equity_pipeline.sources.asking.snapshot import Snapshot, SnapshotStore
from equity_pipeline.sources.catalogue import source as source_of

OFFLINE_MEND = (
    "let a night ask the source, or put its stored answers in the folder that "
    "sources.<name>.folder names"
)


Check = Callable[[bytes, Question], object]


NOT_FOUND = 404


class Feed(StrEnum):
    """Where answers come from: the network, the store within its age, or the store at any age."""

    NETWORK = "network"
    STORED = "stored"
    REPLAY = "replay"


@dataclass(slots=True)
class Answers:
    """Asks one source, keeps every raw answer, and remembers which snapshots were used.

    Parameters
    ----------
    source
        Its name in the catalogue.
    max_age_days
        How old a stored answer may be and still stand in when the source is out of reach.
    fetched_at
        The time of this run, with a time zone.
    as_of
        The date that the run is for; the date of ``fetched_at`` if None.
    feed
        Whether the source is asked at all.
    fed
        Stored answers to take instead of those in ``store``, where a folder feeds the source.
    """

    client: PoliteClient
    store: SnapshotStore
    source: str
    max_age_days: int
    fetched_at: datetime
    as_of: date | None = None
    feed: Feed = Feed.NETWORK
    fed: SnapshotStore | None = None
    used: list[Snapshot] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The date that the age of a stored answer is counted to."""
        return self.as_of or self.fetched_at.date()

    def get(self, url: str) -> Any:
        """Return the JSON document at an address."""
        return self.ask(Question("GET", url))

    def get_or_none(self, url: str) -> Any | None:
        """Return the JSON document at an address, None where the source says that none is there.

        That there is none (404) is kept too, as an answer without bytes.
        """
        question = Question("GET", url)
        try:
            content = self._bytes(question, _parse)
        except Refused as refusal:
            if refusal.status != NOT_FOUND:
                raise
            content = b""
            self._keep(question, content)
        return _parse(content, question) if content else None

    def post(self, url: str, document: object) -> Any:
        """Return the JSON document that answers a posted one."""
        body = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
        return self.ask(Question("POST", url, body))

    def ask(self, question: Question) -> Any:
        """Return the JSON document that answers a question.

        Raises
        ------
        SourceError
            The source refuses the question, or is out of reach and no stored answer is young
            enough to stand in.
        """
        return _parse(self._bytes(question, _parse), question)

    def content(self, url: str, check: Check | None = None) -> bytes:
        """Return the bytes at an address, whatever they are: a workbook, a table of text.

        ``check`` raises ``Unreachable`` for bytes that are no answer: a web page or half a file
        never takes a stored answer's place.
        """
        return self._bytes(Question("GET", url), check or _anything)

    def file(self, path: Path) -> bytes:
        """Return the bytes of a file that the source published, kept as its raw answer.

        Raises
        ------
        SourceError
            The file cannot be read.
        """
        question = Question("GET", f"file:{path.name}")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SourceError(
                f"{self.source}: the file cannot be read ({type(error).__name__}).",
                where=path.name,
                mend=f"put the file where sources.{self.source}.folder says, readable",
            ) from None
        self._keep(question, content)
        return content

    def latest(self, question: Question) -> Snapshot | None:
        """Return the newest stored answer to a question, from the folder that feeds the source."""
        return (self.fed or self.store).latest(question, source=self.source)

    def _bytes(self, question: Question, check: Check) -> bytes:
        if self.feed is not Feed.NETWORK:
            return self._stored(question, "The source is not asked.", OFFLINE_MEND)
        try:
            content = self.client.ask(question)
            check(content, question)  # what is not whole never takes a stored answer's place
        except Unreachable as error:
            return self._stored(question, error.what, error.mend)
        self._keep(question, content)
        return content

    def _keep(self, question: Question, content: bytes) -> None:
        self.used.append(
            self.store.keep(
                question,
                content,
                source=self.source,
                licence=source_of(self.source).licence,
                fetched_at=self.fetched_at,
                as_of=self.today,
            )
        )

    def _stored(self, question: Question, why: str, mend: str) -> bytes:
        stored = self.latest(question)
        if stored is None:
            raise self._refuse(
                question, f"{why} No earlier answer to this question is stored.", mend
            )
        if self.feed is not Feed.REPLAY and stored.age_days(self.today) > self.max_age_days:
            raise self._refuse(
                question,
                f"{why} The stored answer of {stored.as_of} is older than the "
                f"{self.max_age_days} days that are allowed.",
                mend,
            )
        content = stored.read()
        if self.fed is not None:  # what a run rests on lies in its own store
            self.store.keep(
                question,
                content,
                source=self.source,
                licence=stored.licence,
                fetched_at=stored.fetched_at,
                as_of=stored.as_of,
            )
        self.used.append(stored.stale())
        return content

    def _refuse(self, question: Question, why: str, mend: str) -> SourceError:
        return SourceError(f"{self.source}: {why}", where=question.where, mend=mend)


def _parse(content: bytes, question: Question) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Unreachable(
            "The answer is not JSON.", where=question.where, mend=UNREACHABLE_MEND
        ) from None


def _anything(content: bytes, question: Question) -> None:
    """Take any bytes."""
