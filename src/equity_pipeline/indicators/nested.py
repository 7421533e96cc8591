"""Which indicators are of people who are all among those of another, as both are declared."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

from equity_pipeline.indicators.condition import Condition
from equity_pipeline.indicators.declaration import Declaration

Pairs = frozenset[tuple[str, str]]


def nested(declared: Iterable[Declaration]) -> Pairs:
    """Return pairs of indicators: the first counts nobody that the second does not count.

    One is nested in the other where it is of the same fact, has every condition of its denominator,
    and no lower age. That a value is known (``is not null``) is not held against either: it is a
    fact of what was delivered, and the counts tell which of two such populations is the smaller.

    Examples
    --------
    >>> from equity_pipeline.indicators.catalogue import load_catalogue
    >>> catalogue = load_catalogue()
    >>> sorted(nested([catalogue["BR07"], catalogue["BR08"], catalogue["VT01"]]))
    [('BR07', 'BR08')]
    """
    told = {one.id: one for one in declared if one.fact}
    asked = {name: _asked(one.denominator.where) for name, one in told.items()}
    return frozenset(
        (inner, outer)
        for inner, outer in permutations(told, 2)
        if told[inner].fact == told[outer].fact
        and asked[inner] >= asked[outer]
        and (told[inner].minimum_age or 0) >= (told[outer].minimum_age or 0)
    )


def _asked(where: Iterable[Condition]) -> frozenset[Condition]:
    return frozenset(one for one in where if one.op != "is not null")
