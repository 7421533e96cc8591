"""What an attack found, and what ends an audit that cannot tell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

from equity_pipeline.errors import EquityError


class Key(NamedTuple):
    """Where a number stands in a release; parts that a form does not have are empty."""

    indicator: str = ""
    period_start: str = ""
    period_end: str = ""
    place: str = ""
    dimension: str = ""
    level: str = ""
    sex: str = ""

    def words(self) -> str:
        """Return the key on one line.

        Examples
        --------
        >>> Key("VT01", "2024-01-01", "2025-01-01", "12", "education", "missing", "all").words()
        'VT01 2024-01-01..2025-01-01 12 education=missing sex=all'
        """
        period = f"{self.period_start}..{self.period_end}" if self.period_start else ""
        level = f"{self.dimension}={self.level}" if self.dimension else ""
        sex = f"sex={self.sex}" if self.sex else ""
        return " ".join(part for part in (self.indicator, period, self.place, level, sex) if part)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One leak: the attack that worked, where, and the interval that it found.

    Attributes
    ----------
    attack
        The name of the attack.
    key
        The cell; empty where the leak is of a file and not of a cell.
    column
        What was found: ``persons``, ``denominator``, ``numerator``, ``complement``, or a column.
    file
        The released file, or files joined by ``+``.
    found
        What the attack does with it, in words without any person's value.
    low, high
        The interval that a hidden count must lie in; None where none was found.
    """

    attack: str
    key: Key
    column: str
    file: str
    found: str
    low: float | None = None
    high: float | None = None

    def told(self) -> dict[str, Any]:
        """Return the finding as it stands in the JSON."""
        return {**asdict(self), "key": self.key._asdict()}


class CouldNotJudge(EquityError):
    """The audit can neither find a leak nor say that there is none."""

    exit_code: ClassVar[int] = 2
