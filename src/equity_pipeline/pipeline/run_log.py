"""The run log: a JSON line an event, with run id and counts; clock times stand only here."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from equity_pipeline import clock
from equity_pipeline.errors import EquityError, exit_code_of

FOLDER_MODE = 0o750
FILE_MODE = 0o640
# what some readers take for the end of a line, and terminals for a command; JSON leaves it alone
UNSEEN = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}


class RunLog:
    """Writes the events of one run; a fault is told by its own words, which hold no row values."""

    def __init__(self, folder: Path, *, as_of: date, **facts: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(FOLDER_MODE)
        self.run_id: str | None = None
        started = clock.now()
        self.path = folder / f"run-{started:%Y%m%dT%H%M%S}-{os.getpid()}.jsonl"
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        self.event("start", as_of=as_of.isoformat(), **facts)

    def event(self, name: str, **facts: Any) -> None:
        """Write one event at once."""
        line = {"time": clock.now().isoformat(), "run_id": self.run_id, "event": name}
        told = json.dumps(line | facts, ensure_ascii=False).translate(UNSEEN)
        left = f"{told}\n".encode()
        try:
            while left:  # a disk with too little room takes a part, and says so at the next
                left = left[os.write(self._file, left) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path.parent)) from None

    def counts(self, stage: str, rows: Mapping[str, int], *, given: int, made: int) -> None:
        """Write how much went in and out of a stage, and what it was made up of.

        Parameters
        ----------
        rows
            The parts, by name.
        given, made
            What the stage took from the one before, and what it leaves for the next.
        """
        self.event("counts", stage=stage, **{"in": given, "out": made}, rows=dict(rows))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Write when a stage begins and ends, and how it failed if it did."""
        began = time.perf_counter()
        self.event("stage_start", stage=name)
        yield
        self.event("stage_end", stage=name, seconds=round(time.perf_counter() - began, 3))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.event("end", exit_code=0)
            else:
                self._failed(error)
        finally:
            os.close(self._file)

    def _failed(self, error: BaseException) -> None:
        known = isinstance(error, EquityError | ExceptionGroup)
        try:
            self.event(
                "failed",
                kind=type(error).__name__,
                exit_code=exit_code_of(error),
                words=_words(error) if known else "",
            )
        except OSError as fault:  # beside the fault that stopped the run, never in its place
            error.add_note(f"This could not be written to the run log: {fault.strerror}.")


def _words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(_words(one) for one in error.exceptions)
    return str(error) if isinstance(error, EquityError) else type(error).__name__
