"""One run at a time: a lock that the kernel frees, however the run ends."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from equity_pipeline import clock
from equity_pipeline.errors import LockHeld

LOCK_FILE = ".lock"
MODE = 0o600


class Lock:
    """Holds a home folder while a run works in it.

    Raises
    ------
    LockHeld
        On entering, if another process holds it; says which and since when.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home, Lock(Path(home)):
    ...     (Path(home) / ".lock").exists()
    True
    """

    def __init__(self, home: Path) -> None:
        self.path = home / LOCK_FILE
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise self._held() from None
        self._descriptor = descriptor
        self._sign(descriptor)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The file stays: removing it would let two runs lock two different files of one name.
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @staticmethod
    def _sign(descriptor: int) -> None:
        started = clock.now().isoformat(timespec="seconds")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "started": started}).encode(), 0)

    def _held(self) -> LockHeld:
        return LockHeld(
            f"Another run is at work here: {self._holder()}.",
            where=str(self.path),
            mend="wait until it has ended; the lock frees itself even if it is killed",
        )

    def _holder(self) -> str:
        try:
            signed = json.loads(self.path.read_text("utf-8"))
            return f"process {signed['pid']}, started {signed['started']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "a process that has just begun"
