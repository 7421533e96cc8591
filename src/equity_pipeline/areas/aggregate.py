"""Shares and people of larger areas from their parts, and of one vintage told in another's codes.

The same rules as the models in ``sql/``, in plain Python: the tables are made by the models, and
held against these.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from equity_pipeline.areas.mapping import Link
from equity_pipeline.errors import MethodError

# Missing information under 5 % is passed over; above it there is no share of the whole.
LEAST_KNOWN = 0.95
# Published cells carry noise: parts and whole differ, and are never forced to agree.
TOLERATED_PERSONS = 20
TOLERATED_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class Carried:
    """What an area is told to have been by the areas of another vintage; None where not known."""

    population: int | None
    share: float | None
    mapping_quality: str
    weight_source: str


def weighted_share(shares: Sequence[float | None], weights: Sequence[float | None]) -> float | None:
    """Return the share of a whole from those of its parts, weighted by each part's people.

    Parameters
    ----------
    shares
        One a part; None where it is not published.
    weights
        The denominators of the shares, else the whole population; same length.

    Raises
    ------
    MethodError
        If the two differ in length or a weight is below 0.

    Examples
    --------
    >>> weighted_share([0.1, 0.4], [300, 100])
    0.175
    >>> weighted_share([0.1, None], [300, 100]) is None
    True
    """
    people = [0.0 if one is None else float(one) for one in weights]
    if len(people) != len(shares) or any(one < 0 for one in people):
        raise MethodError("Each part needs one share and one weight, not below 0.", where="shares")
    known = [(s, w) for s, w in zip(shares, people, strict=True) if s is not None]
    held = math.fsum(weight for _, weight in known)
    if not held or held < LEAST_KNOWN * math.fsum(people):
        return None
    return math.fsum(share * weight for share, weight in known) / held


def tolerance(total: float) -> float:
    """Return how far the people of the parts may differ from those of the whole.

    Examples
    --------
    >>> tolerance(1000), tolerance(100000)
    (20, 500.0)
    """
    return max(TOLERATED_PERSONS, TOLERATED_SHARE * total)


def agrees(parts: Iterable[int], total: int) -> bool:
    """Return whether parts and whole agree as well as published cells can.

    Examples
    --------
    >>> agrees([500, 480], 1000), agrees([500, 479], 1000)
    (True, False)
    """
    return abs(sum(parts) - total) <= tolerance(total)


def carried(
    links: Iterable[Link],
    population: Mapping[str, int],
    shares: Mapping[str, float | None],
) -> dict[str, Carried]:
    """Return what each area of another vintage had, by the areas that its people came from.

    Counts are summed and shares weighted only where every source is described and no weight is
    assumed; what is partly the same says so.

    Parameters
    ----------
    population, shares
        By the code of the area that is translated; areas that nobody described are left out.

    Examples
    --------
    >>> link = Link("A", "B", "exact", 1.0, "whole")
    >>> carried([link], {"A": 100}, {"A": 0.2})["B"].population
    100
    """
    into: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        into[link.area_code_to].append(link)
    return {
        code: _carried(sources, population, shares)
        for code, sources in into.items()
        if any(link.area_code_from in population for link in sources)
    }


def _carried(
    links: Sequence[Link], population: Mapping[str, int], shares: Mapping[str, float | None]
) -> Carried:
    order = ("whole", "delivered", "population", "assumed")
    source = max((link.weight_source for link in links), key=order.index)
    codes = [link.area_code_from for link in links]
    if source == "assumed" or not all(code in population for code in codes):
        return Carried(None, None, links[0].mapping_quality, source)
    people = [population[link.area_code_from] * link.map_weight for link in links]
    found = [shares.get(code) for code in codes]
    known = [share for share in found if share is not None]
    total = math.fsum(people)
    share = None
    if len(known) == len(links):
        weighted = math.fsum(s * w for s, w in zip(known, people, strict=True))
        share = known[0] if len(links) == 1 else weighted / total if total else None
    return Carried(round_half_away(total), share, links[0].mapping_quality, source)


def round_half_away(number: float) -> int:
    """Return the nearest whole number, halves away from 0 as the database rounds them.

    Examples
    --------
    >>> round_half_away(2.5), round_half_away(-2.5)
    (3, -3)
    """
    return int(math.copysign(math.floor(abs(number) + 0.5), number))
