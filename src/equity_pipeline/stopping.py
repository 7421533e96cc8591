"""Being told to stop: the run ends in good order, wherever the signal finds it.

A signal's handler raises, and what it raises can be lost: the database puts its own "Query
interrupted" in its place, an exception in a callback of the garbage collector or of an import is
printed and dropped, and some libraries swallow all. So it is remembered that the run was told, and
told again until it ends; but not while an exception is on its way, which would disturb what tidies
up. A query that another thread has in hand is ended first: the database waits for it.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN_SECONDS = 0.2
_told: list[int] = []
_listening: list[bool] = []


class Stopped(SystemExit):
    """The run was told to stop; its code is 128 and the signal's number."""


def code() -> int | None:
    """Return what this process is to end with if a signal has told it to stop."""
    return 128 + _told[0] if _told else None


def end_if_told() -> None:
    """Raise `Stopped` if a signal has told this process to stop; else do nothing.

    For whoever catches an exception that stands where `Stopped` should.
    """
    if _told:
        raise Stopped(code())


@contextmanager
def stopping_in_good_order(say: Callable[[], None] | None = None) -> Iterator[None]:
    """End the block with `Stopped` on SIGINT, SIGTERM or SIGHUP, whatever is being run.

    A block within such a block, or in another thread than the main one, is left to the outer one.

    Parameters
    ----------
    say
        Called once, when the first signal comes.

    Examples
    --------
    >>> import os
    >>> try:
    ...     with stopping_in_good_order():
    ...         os.kill(os.getpid(), signal.SIGTERM)
    ... except Stopped as stopped:
    ...     stopped.code
    143
    """
    if _listening or threading.current_thread() is not threading.main_thread():
        yield
        return

    hook, before = sys.unraisablehook, _listen(say)
    try:
        yield
    except Exception:
        end_if_told()
        raise
    finally:
        if _told:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = hook
        _told.clear()
        _listening.clear()


def _listen(say: Callable[[], None] | None) -> dict[int, Any]:
    """Take the signals and the dropped exceptions, and return the handlers that were there."""

    def stop(number: int, _: FrameType | None) -> None:
        if not _told:
            _told.append(number)
            alarm = signal.signal(signal.SIGALRM, again)
            before.setdefault(signal.SIGALRM, alarm)
            signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS, AGAIN_SECONDS)
            if say is not None:
                say()
        end_if_told()

    def again(*_: object) -> None:
        if sys.exception() is None:
            end_if_told()

    def dropped(unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, Stopped):
            hook(unraisable)

    hook, sys.unraisablehook = sys.unraisablehook, dropped
    _listening.append(True)
    before: dict[int, Any] = {number: signal.signal(number, stop) for number in STOPS}
    return before
