"""How fast one host may be asked: so many calls in a sliding window."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True, slots=True)
class Limits:
    """What a source allows: calls in a window of seconds, and cells in one answer.

    ``max_cells`` is None where the source has no such limit.

    Examples
    --------
    >>> Limits(calls=3, window_seconds=1, max_cells=150_000).calls
    3
    """

    calls: int
    window_seconds: float
    max_cells: int | None = None


# Used only until a source has told its own limits, and for sources that publish none.
CAREFUL = Limits(calls=5, window_seconds=1.0)


@dataclass(slots=True)
class Pace:
    """Holds callers back so that no window ever sees more calls than ``limits`` allow."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    limits: Limits = CAREFUL
    _turns: deque[float] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    def wait(self) -> None:
        """Return when the next call may go out.

        Examples
        --------
        >>> slept: list[float] = []
        >>> pace = Pace(sleep=slept.append, clock=lambda: 0.0, limits=Limits(2, 10))
        >>> for _ in range(4):
        ...     pace.wait()
        >>> slept
        [10.0, 10.0]
        """
        with self._lock:
            now = self.clock()
            turn = max(now, self._earliest())
            self._turns.append(turn)
            while len(self._turns) > max(self.limits.calls, 1):
                self._turns.popleft()
        if turn > now:
            self.sleep(turn - now)

    def _earliest(self) -> float:
        if len(self._turns) < self.limits.calls:
            return 0.0
        return self._turns[-max(self.limits.calls, 1)] + self.limits.window_seconds
