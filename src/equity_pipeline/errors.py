"""The tree of errors: every one says what is wrong, where, and how to mend it.

::

    EquityError                 1   something nobody foresaw
    ├── ConfigurationError      2   usage, settings, permissions
    ├── DeclarationError       10   an indicator, layout or vocabulary entry
    ├── SourceError            11   an open source that cannot be read
    ├── WarehouseError         12   a model, a grain, a database file
    ├── QualityStop            13   a critical check failed: nothing is published
    ├── MethodError            14   numbers that a method cannot take
    ├── DisclosureStop         15   a table that could give a person away
    ├── DeliveryRefused        16   a delivered file that was not loaded
    └── LockHeld               75   another run is at work
"""

from __future__ import annotations

from typing import ClassVar

from equity_pipeline import stopping


class EquityError(Exception):
    """A fault with a message for people; ``exit_code`` is what the command line ends with."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what = what
        self.where = where
        self.mend = mend
        super().__init__(what, where, mend)

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"Where: {self.where}")
        if self.mend:
            parts.append(f"To mend: {self.mend}")
        return "\n".join(parts)


class ConfigurationError(EquityError):
    """Usage, settings or permissions are wrong; nothing was read."""

    exit_code = 2


class DeclarationError(EquityError):
    """An indicator, layout or vocabulary entry contradicts itself or the rules."""

    exit_code = 10


class SourceError(EquityError):
    """An open source could not be read."""

    exit_code = 11


class WarehouseError(EquityError):
    """A model, its grain or a database file is not as it must be."""

    exit_code = 12


class QualityStop(EquityError):
    """A critical check failed; the old release stands."""

    exit_code = 13


class MethodError(EquityError):
    """A method was given numbers that it cannot take."""

    exit_code = 14


class DisclosureStop(EquityError):
    """A table could give a person away and was not published."""

    exit_code = 15


class DeliveryRefused(EquityError):
    """A delivered file was not loaded."""

    exit_code = 16


class LockHeld(EquityError):
    """Another run is at work in the same home."""

    exit_code = 75


def exit_code_of(error: BaseException) -> int:
    """Return the exit code for an error; of a group, that of its first member.

    A run that was told to stop ends with the signal's, whatever the signal left behind.

    Examples
    --------
    >>> exit_code_of(QualityStop("no rows"))
    13
    >>> exit_code_of(ExceptionGroup("two", [DeclarationError("a"), QualityStop("b")]))
    10
    """
    told_to_stop = stopping.code()
    if told_to_stop is not None:
        return told_to_stop
    if isinstance(error, BaseExceptionGroup):
        return exit_code_of(error.exceptions[0])
    if isinstance(error, SystemExit) and isinstance(error.code, int):
        return error.code  # stopped by a signal
    return error.exit_code if isinstance(error, EquityError) else 1
