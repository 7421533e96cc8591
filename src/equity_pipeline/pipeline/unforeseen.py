"""Faults that nobody foresaw: their kind and place leave a stage, their words do not.

A database quotes the value that it could not convert, and whoever stores or prints exceptions
(the scheduler's database, a log, a terminal) would keep it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import equity_pipeline
from equity_pipeline.errors import EquityError
from equity_pipeline.machine import of_the_machine
from equity_pipeline.stopping import end_if_told

PACKAGE = Path(equity_pipeline.__file__).parent


def without_values(stage: Callable[..., Any]) -> Callable[..., Any]:
    """Return the stage such that only faults leave it whose words hold no value from a row.

    Examples
    --------
    >>> def stage() -> None:
    ...     raise ValueError("19121212-1212")
    >>> try:
    ...     without_values(stage)()
    ... except EquityError as error:
    ...     error.what
    'Something nobody foresaw: ValueError.'
    """

    @wraps(stage)
    def run(*arguments: Any, **named: Any) -> Any:
        fault: Exception | None = None
        try:
            return stage(*arguments, **named)
        except Exception as error:
            fault = spoken(error)
        # Raised here, where it has no context that would carry the words along.
        raise fault

    return run


def spoken(error: Exception) -> Exception:
    """Return an error of ours as it is, without what it came from; else its kind and place.

    A full disk, a closed folder and a damaged file are known by name. What a signal to stop left
    behind is no fault: `Stopped` is raised in its place.
    """
    end_if_told()
    if _is_ours(error):
        _forget_origins(error)
        return error
    told = of_the_machine(error) or EquityError(
        f"Something nobody foresaw: {type(error).__name__}.",
        where=_place(error),
        mend="send this with the run log; neither holds values from a person's row",
    )
    for note in getattr(error, "__notes__", ()):
        told.add_note(note)
    return told


def _is_ours(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_ours(one) for one in error.exceptions)
    return isinstance(error, EquityError)


def _forget_origins(error: BaseException) -> None:
    error.__cause__ = error.__context__ = None
    for one in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        _forget_origins(one)


def _place(error: BaseException) -> str:
    found = traceback.extract_tb(error.__traceback__)
    frames = [one for one in found if one.filename != __file__]
    ours = [one for one in frames if Path(one.filename).is_relative_to(PACKAGE)]
    shown = (ours or frames)[-4:]
    return " > ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in shown)
