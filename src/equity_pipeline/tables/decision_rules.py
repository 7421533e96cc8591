"""How a case is graded from what people judged: derived, never typed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

IMPORTANT = ("very_large", "large")
#: the sum of the four parts of importance from which a class begins
CLASS_FROM = MappingProxyType({"very_large": 9, "large": 6, "moderate": 3, "small": 0})
IMPORTANCE = (
    "importance_size",
    "importance_persons",
    "importance_severity",
    "importance_duration",
)
SIZE_STEPS = (1.0, 1.5, 2.0)  # times the minimum important difference
PERSON_STEPS = (20.0, 100.0, 500.0)  # people or events a year in the group worse off
PERIOD_STEPS = (2.0, 4.0)


def importance_class(parts: Mapping[str, Any]) -> str | None:
    """Return the class of importance: the sum of size, persons, severity and duration, 0 to 11.

    None while a part is unknown.

    Examples
    --------
    >>> importance_class(dict(importance_size=3, importance_persons=3, importance_severity=2,
    ...                       importance_duration=1))
    'very_large'
    >>> importance_class(dict(importance_size=3)) is None
    True
    """
    known = [parts.get(name) for name in IMPORTANCE]
    if any(one is None for one in known):
        return None
    total = sum(int(one) for one in known if one is not None)
    return next(name for name, least in CLASS_FROM.items() if total >= least)


def grade(verdict: str | None, importance: str | None) -> str | None:
    """Return the grade A-E of a verdict and a class of importance; None before there is one.

    Examples
    --------
    >>> grade("unwarranted", "large"), grade("probably_unwarranted", "very_large")
    ('A', 'B')
    >>> grade("unwarranted", "small"), grade("unclear", None), grade("warranted", None)
    ('C', 'D', 'E')
    >>> grade("unwarranted", None) is None
    True
    """
    if verdict == "unclear":
        return "D"
    if verdict == "warranted":
        return "E"
    if verdict is None or importance is None:
        return None
    if importance not in IMPORTANT:
        return "C"
    return "A" if verdict == "unwarranted" else "B"


def steps(value: ArrayLike, limits: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Return how many of the limits each value has reached; NaN stays NaN.

    Examples
    --------
    >>> steps([0.9, 1.0, 1.7, 9], SIZE_STEPS).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    known = np.asarray(value, dtype=np.float64)
    reached = (known[..., np.newaxis] >= np.array(limits)).sum(axis=-1)
    return np.where(np.isnan(known), np.nan, reached)
