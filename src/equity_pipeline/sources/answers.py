"""Questions answered: by the source, or by a stored answer that is young enough."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.catalogue import source as source_of
from equity_pipeline.sources.client import UNREACHABLE_MEND, PoliteClient, Question, Unreachable
from equity_pipeline.sources.snapshot import Snapshot, SnapshotStore


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
    """

    client: PoliteClient
    store: SnapshotStore
    source: str
    max_age_days: int
    fetched_at: datetime
    used: list[Snapshot] = field(default_factory=list)

    def get(self, url: str) -> Any:
        """Return the JSON document at an address."""
        return self.ask(Question("GET", url))

    def post(self, url: str, document: object) -> Any:
        """Return the JSON document that answers a posted one."""
        body = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
        return self.ask(Question("POST", url, body))

    def get_bytes(self, url: str, magic: bytes) -> bytes:
        """Return the file at an address, which must begin with its kind's signs.

        A workbook begins with ``PK`` 3 4; what begins otherwise is no answer at all.
        """
        return bytes(
            self._ask(Question("GET", url), lambda held, asked: _begin(held, asked, magic))
        )

    def keep_file(self, name: str, content: bytes) -> Snapshot:
        """Keep a file that was laid in a folder as an answer: its name is the question."""
        kept = self._keep(Question("FILE", name), content)
        self.used.append(kept)
        return kept

    def ask(self, question: Question) -> Any:
        """Return the JSON document that answers a question.

        Raises
        ------
        SourceError
            The source refuses the question, or is out of reach and no stored answer is young
            enough to stand in.
        """
        return self._ask(question, _parse)

    def _ask(self, question: Question, read: Callable[[bytes, Question], Any]) -> Any:
        try:
            content = self.client.ask(question)
            document = read(content, question)
        except Unreachable as error:
            return read(self._stand_in(question, error), question)
        self.used.append(self._keep(question, content))
        return document

    def _keep(self, question: Question, content: bytes) -> Snapshot:
        return self.store.keep(
            question,
            content,
            source=self.source,
            licence=source_of(self.source).licence,
            fetched_at=self.fetched_at,
        )

    def _stand_in(self, question: Question, error: Unreachable) -> bytes:
        stored = self.store.latest(question, source=self.source)
        if stored is None:
            raise self._refuse(error, "No earlier answer to this question is stored.")
        if not stored.is_younger_than(self.max_age_days, now=self.fetched_at):
            raise self._refuse(
                error,
                f"The stored answer of {stored.fetched_at.date()} is older than the "
                f"{self.max_age_days} days that are allowed.",
            )
        self.used.append(stored.stale())
        return stored.read()

    def _refuse(self, error: Unreachable, why: str) -> SourceError:
        return SourceError(f"{self.source}: {error.what} {why}", where=error.where, mend=error.mend)


def _parse(content: bytes, question: Question) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Unreachable(
            "The answer is not JSON.", where=question.where, mend=UNREACHABLE_MEND
        ) from None


def _begin(content: bytes, question: Question, magic: bytes) -> bytes:
    if not content.startswith(magic):
        raise Unreachable(
            "The answer is not a file of the kind that was asked for.",
            where=question.where,
            mend=UNREACHABLE_MEND,
        )
    return content
