"""The way of one file through the door: its batches counted, guarded and told of, one ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from equity_pipeline.deliveries.filled import Filled
from equity_pipeline.deliveries.identity.identities import Identities
from equity_pipeline.deliveries.reading.batch import Batch
from equity_pipeline.deliveries.reading.read import Parsed

Progress = Callable[[str], None]
TOLD_EVERY = 0.5  # seconds


class Step(str):
    """A line of progress that knows which share of the work is done.

    Examples
    --------
    >>> step = Step.of("contact.csv", 1_200_000, 0.25)
    >>> print(step, step.share)
    contact.csv: 1 200 000 rows, 25 % 0.25
    """

    __slots__ = ("share",)
    share: float

    @classmethod
    def of(cls, name: str, rows: int, share: float) -> Step:
        """Return the line for a file of which some rows are read."""
        counted = f"{rows:,}".replace(",", " ")
        made = cls(f"{name}: {counted} rows, {100 * share:.0f} %")
        made.share = share
        return made


class Passage:
    """The batches of a file without identities; once they are read, what the whole file shows."""

    def __init__(
        self,
        parsed: Parsed,
        identities: Identities,
        filled: Filled,
        *,
        name: str,
        progress: Progress | None = None,
    ) -> None:
        self._parsed = parsed
        self._identities = identities
        self._filled = filled
        self._name = name
        self._progress = progress
        self._told = monotonic()
        self.rows = 0
        self.ragged = 0

    def batches(self) -> Iterator[Batch]:
        """Yield the batches for the first time, each made while the one before it is used."""
        for batch in ahead(self._looked()):
            self.rows += batch.rows
            self.ragged += len(batch.ragged)
            self._tell(batch)
            yield batch

    def again(self) -> Iterator[Batch]:
        """Yield the batches once more, without judging them."""
        return ahead(self._identities.hide(batch) for batch in self._parsed.batches())

    def _looked(self) -> Iterator[Batch]:
        for batch in self._parsed.batches():
            hidden = self._identities.look(batch)
            self._filled.look(hidden.table)
            yield hidden

    def _tell(self, batch: Batch) -> None:
        if self._progress is not None and monotonic() - self._told > TOLD_EVERY:
            self._told = monotonic()
            self._progress(Step.of(self._name, self.rows, batch.done))


def ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield batches while a thread makes the next one: arrow and DuckDB then work side by side."""
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = thread.submit(next, batches, None)
            yield batch
