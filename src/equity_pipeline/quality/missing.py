"""Counts of missing information by indicator and dimension, and by disadvantaged area."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from equity_pipeline.vocabulary import MISSING, vocabulary

# Whoever lacks an education is in no education group; so another dimension tells who they are.
TELLING = "area_income_quintile"

OneWay = tuple[str, str, str, int]
TwoWay = tuple[str, str, str, str, str, int]


@dataclass(frozen=True, slots=True)
class Completeness:
    """Rows and missing rows of one indicator by one dimension; focus and reference are of areas.

    ``levels`` are those that anybody is in.
    """

    indicator_id: str
    dimension: str
    n: int
    n_missing: int
    n_focus: int = 0
    n_missing_focus: int = 0
    n_reference: int = 0
    n_missing_reference: int = 0
    levels: frozenset[str] = frozenset()

    @property
    def missing_share(self) -> float | None:
        """Share of rows without the information; None without rows."""
        return self.n_missing / self.n if self.n else None

    @property
    def focus(self) -> float | None:
        """Completeness among residents of the most disadvantaged areas."""
        return 1 - self.n_missing_focus / self.n_focus if self.n_focus else None

    @property
    def reference(self) -> float | None:
        """Completeness among residents of the most advantaged areas."""
        return 1 - self.n_missing_reference / self.n_reference if self.n_reference else None


def completeness_of(
    one_way: Iterable[OneWay], two_way: Iterable[TwoWay] = (), *, telling: str = TELLING
) -> tuple[Completeness, ...]:
    """Return the completeness of every indicator and dimension that was counted.

    Parameters
    ----------
    one_way
        Rows ``(indicator_id, dimension, level, n)``; level ``missing`` is missing information.
    two_way
        Rows ``(indicator_id, dimension, level, dimension2, level2, n)``; those with ``telling`` as
        one of their dimensions say how missing information differs between areas.

    Examples
    --------
    >>> rows = [("VT01", "sex", "missing", 2), ("VT01", "sex", "male", 8)]
    >>> counted = completeness_of(rows)
    >>> counted[0].missing_share
    0.2
    """
    all_rows: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 6)
    levels: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for indicator, dimension, level, n in one_way:
        _add(all_rows[indicator, dimension], 0, level, n)
        levels[indicator, dimension].add(level)
    contrast = vocabulary().dimensions[telling]
    places = {contrast.focus: 2, contrast.reference: 4}
    for indicator, first, level, second, level2, n in two_way:
        if first == telling:
            first, level, second, level2 = second, level2, first, level
        if second == telling and level2 in places and (indicator, first) in all_rows:
            _add(all_rows[indicator, first], places[level2], level, n)
    return tuple(
        Completeness(*key, *_six(counts), frozenset(levels[key]))
        for key, counts in sorted(all_rows.items())
    )


def _six(counts: list[int]) -> tuple[int, int, int, int, int, int]:
    n, n_missing, *beside = counts
    return (n, n_missing, beside[0], beside[1], beside[2], beside[3])


def _add(counts: list[int], at: int, level: str, n: int) -> None:
    counts[at] += int(n)
    counts[at + 1] += int(n) if level == MISSING else 0
