"""What makes an area resource-weak: the same rules as the models in ``sql/``, in plain Python.

An area meets a criterion if it lies in the worst fifth of the region's population by low
education, low income, low employment, foreign-born share or age-standardised ill health; four
of five make it resource-weak. The tables are made by the models; this is the independent
statement that they are held against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from equity_pipeline.errors import MethodError


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How bad, and how much of it: shares and numbers of criteria, as in the settings."""

    worst_share: Fraction = Fraction(1, 5)
    resource_weak: int = 4
    partly: int = 2


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two typologies name the same areas; None where it cannot be said."""

    kappa: float | None
    jaccard: float | None


def middles(
    disadvantage: Sequence[float | None], population: Sequence[int]
) -> tuple[Fraction | None, ...]:
    """Return where the middle of each area's population falls, from 0 (worst) to 1.

    Areas with the same value stand as one block, so no order of files decides between them.

    Parameters
    ----------
    disadvantage
        One number an area, high = disadvantaged; None where it is not known.
    population
        Persons of each area, not negative; same length.

    Raises
    ------
    MethodError
        If the two differ in length or nobody lives there.

    Examples
    --------
    >>> [str(middle) for middle in middles([0.3, 0.1, 0.3], [10, 60, 10])]
    ['1/8', '5/8', '1/8']
    """
    if len(disadvantage) != len(population):
        raise MethodError("Each area needs one value and one population.", where="middles")
    rows = [(v, p) for v, p in zip(disadvantage, population, strict=True) if v is not None]
    total = sum(persons for _, persons in rows)
    if rows and not total:
        raise MethodError("Nobody lives in the areas.", where="middles")
    found: dict[float, Fraction] = {}
    before = 0
    for value, block in groupby(sorted(rows, reverse=True), key=lambda row: row[0]):
        persons = sum(one for _, one in block)
        found[value] = Fraction(2 * before + persons, 2 * total)
        before += persons
    return tuple(None if value is None else found[value] for value in disadvantage)


def fifth(middle: Fraction) -> str:
    """Return the fifth in which a middle falls, q1 the most disadvantaged.

    Examples
    --------
    >>> fifth(Fraction(1, 8)), fifth(Fraction(1, 5)), fifth(Fraction(1))
    ('q1', 'q2', 'q5')
    """
    return f"q{min(5, int(5 * middle) + 1)}"


def classify(flags: Sequence[bool | None], thresholds: Thresholds | None = None) -> str:
    """Return the class that an area's flags give; ``missing`` where unknown ones could change it.

    Examples
    --------
    >>> classify([True, True, True, True, False])
    'resource_weak'
    >>> classify([True, True, False, False, False]), classify([True, False, False, False, None])
    ('partly', 'missing')
    """
    limits = thresholds or Thresholds()
    met = sum(flag is True for flag in flags)
    least, most = (_class(n, limits) for n in (met, met + sum(flag is None for flag in flags)))
    return least if least == most else "missing"


def _class(met: int, limits: Thresholds) -> str:
    if met >= limits.resource_weak:
        return "resource_weak"
    return "partly" if met >= limits.partly else "other"


def held(classes: Mapping[int, str]) -> dict[int, str]:
    """Return the class that holds each year: a change must be said two consecutive years.

    The first class that is known holds at once. After a year without a description, a change
    waits for its second year like any other.

    Examples
    --------
    >>> held({2020: "other", 2021: "partly", 2022: "other", 2023: "partly", 2024: "partly"})
    {2020: 'other', 2021: 'other', 2022: 'other', 2023: 'other', 2024: 'partly'}
    >>> held({2020: "missing", 2021: "other", 2023: "partly"})
    {2020: 'missing', 2021: 'other', 2023: 'other'}
    """
    holding: dict[int, str] = {}
    current, is_known = "", False
    for year, now in sorted(classes.items()):
        if not is_known or classes.get(year - 1) == now:
            current = now
        is_known = is_known or now != "missing"
        holding[year] = current
    return holding


def student_area(
    post_secondary: Fraction | None, employment: Fraction | None, young_adult: Fraction | None
) -> bool | None:
    """Return whether low income and few jobs of an area are likely to be those of students.

    Parameters
    ----------
    post_secondary, young_adult
        Where the area lies by its share with a post-secondary education and of people aged 20-24,
        0 = lowest share (see :func:`middles`). Without a delivered share of 20-24 give 1.
    employment
        Where it lies by its share employed at ages 20-64, 0 = lowest share.

    Returns
    -------
    True if education lies in the highest fifth, employment in the lowest and people aged 20-24
    in the highest; None if one of them is not known.

    Examples
    --------
    >>> student_area(Fraction(19, 20), Fraction(1, 20), Fraction(1))
    True
    >>> student_area(Fraction(19, 20), Fraction(1, 2), Fraction(1))
    False
    """
    if post_secondary is None or employment is None or young_adult is None:
        return None
    return (fifth(post_secondary), fifth(employment), fifth(young_adult)) == ("q5", "q1", "q5")


def agreement(ours: Sequence[bool], theirs: Sequence[bool]) -> Agreement:
    """Return Cohen's kappa and Jaccard's index of two typologies of the same areas.

    Raises
    ------
    MethodError
        If they do not speak of the same number of areas, or of none.

    References
    ----------
    Cohen J (1960), doi:10.1177/001316446002000104.

    Examples
    --------
    >>> agreement([True, True, False, False], [True, False, False, False])
    Agreement(kappa=0.5, jaccard=0.5)
    """
    if not ours or len(ours) != len(theirs):
        raise MethodError("Both typologies must speak of the same areas.", where="agreement")
    areas = len(ours)
    both = sum(a and b for a, b in zip(ours, theirs, strict=True))
    either = sum(a or b for a, b in zip(ours, theirs, strict=True))
    agreed = (areas - either + both) / areas
    chance = (sum(ours) * sum(theirs) + (areas - sum(ours)) * (areas - sum(theirs))) / areas**2
    kappa = None if chance == 1 else (agreed - chance) / (1 - chance)
    return Agreement(kappa, both / either if either else None)
