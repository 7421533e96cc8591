"""What every statistic returns - a value with its limits - and the three ways to make limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from equity_pipeline.errors import MethodError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


ENOUGH_CLUSTERS = 40  # below it cluster-robust errors are too small for the normal distribution


class Caution(StrEnum):
    """What a reader must know about an estimate before using it; each has its words."""

    FEW_EVENTS = "few_events"
    FEW_PEOPLE = "few_people"
    FEW_CLUSTERS = "few_clusters"
    AT_BOUND = "at_bound"
    CUT_AT_BOUND = "cut_at_bound"
    LEFT_OUT = "left_out"
    NOT_CONVERGED = "not_converged"
    NOT_REACHED = "not_reached"
    SEEDED = "seeded"
    STEPS = "steps"

    @property
    def text(self) -> str:
        """What the code means, in a sentence."""
        return _CAUTIONS[self]


_CAUTIONS = {
    Caution.FEW_EVENTS: "Fewer than ten events: exact or gamma limits stand in for the usual ones.",
    Caution.FEW_PEOPLE: "Too few people or groups for limits that can be relied on.",
    Caution.FEW_CLUSTERS: "Fewer than forty clusters: limits use Student's t or resampling.",
    Caution.AT_BOUND: "The value lies at the edge of what it can be; limits are one-sided.",
    Caution.CUT_AT_BOUND: "A limit was cut at the edge of what the value can be.",
    Caution.LEFT_OUT: "Strata or people without a usable value were left out of the sum.",
    Caution.NOT_CONVERGED: "The model did not settle; there is no value.",
    Caution.NOT_REACHED: "The quantile was not reached before observation ended.",
    Caution.SEEDED: "Limits come from seeded resampling; the method names draws and seed.",
    Caution.STEPS: "The value can move only in steps, so the limits are conservative.",
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its limits for an array of strata; all its arrays have one shape.

    NaN in a field says that it could not be estimated; it is never a code for zero.

    Attributes
    ----------
    value, lower, upper, standard_error
        On the value's own scale; limits of a ratio are made on the log scale.
    method
        How value and limits were made.
    n
        The people, rows or groups behind each value; NaN where that was not told.
    warnings
        What to know before using a value: for each :class:`Caution` the strata that it concerns.

    Examples
    --------
    >>> Estimate([0.5, 0.6], 0.4, 0.7, 0.05, "wald").lower
    array([0.4, 0.4])
    >>> few = Estimate([0.5, 0.6], 0.4, 0.7, 0.05, "wald").warned(Caution.FEW_EVENTS, [True, False])
    >>> few.warnings[Caution.FEW_EVENTS], few.warned(Caution.SEEDED, False).warnings == few.warnings
    (array([ True, False]), True)
    """

    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    standard_error: FloatArray
    method: str
    n: FloatArray = field(default_factory=lambda: np.array(np.nan))
    warnings: Mapping[Caution, BoolArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ("value", "lower", "upper", "standard_error", "n")
        for name, array in zip(names, arrays(*(getattr(self, n) for n in names)), strict=True):
            object.__setattr__(self, name, array)

    def where(self, keep: ArrayLike) -> Estimate:
        """Return the estimate with NaN in value, limits and error where ``keep`` is false."""
        value, lower, upper, error = (
            np.where(keep, a, np.nan)
            for a in (self.value, self.lower, self.upper, self.standard_error)
        )
        return replace(self, value=value, lower=lower, upper=upper, standard_error=error)

    def warned(self, caution: Caution, concerned: ArrayLike = True) -> Estimate:
        """Return the estimate with a caution about the strata it concerns, if there are any."""
        told = np.broadcast_to(np.asarray(concerned, dtype=bool), self.value.shape).copy()
        if not told.any():
            return self
        before = self.warnings.get(caution, np.zeros(self.value.shape, dtype=bool))
        return replace(self, warnings={**self.warnings, caution: told | before})


def floats(value: ArrayLike, *, where: str) -> FloatArray:
    """Return the value as a float64 array.

    Raises
    ------
    MethodError
        If it is text, or rows of different lengths.
    """
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise MethodError(
            "There is something else than numbers, or rows have different lengths.",
            where=where,
            mend="give an array of numbers, with NaN where there is none",
        ) from None


def arrays(*values: ArrayLike, where: str = "") -> list[FloatArray]:
    """Return the values as float64 arrays of one common shape.

    Raises
    ------
    MethodError
        If the shapes do not go together, or something is not a number.
    """
    made = [floats(value, where=where or "arrays of strata") for value in values]
    try:
        return [np.array(array) for array in np.broadcast_arrays(*made)]
    except ValueError as error:
        shapes = "shapes " + ", ".join(str(array.shape) for array in made)
        raise MethodError(
            "The arrays of strata have different shapes.",
            where=f"{where}, {shapes}" if where else shapes,
            mend="give arrays with one element per stratum, or single numbers",
        ) from error


def require(holds: ArrayLike, what: str, *, where: str, mend: str) -> None:
    """Raise :class:`MethodError` with these words unless every element holds."""
    if not np.all(holds):
        raise MethodError(what, where=where, mend=mend)


def require_counts(events: FloatArray, at_risk: FloatArray, *, where: str) -> None:
    """Raise :class:`MethodError` if counts cannot be ``0 <= events <= at_risk``; NaN passes."""
    require(
        ~((events < 0) | (events > at_risk)),
        "There are fewer than no events, or more events than people at risk.",
        where=where,
        mend="check that the numerator counts some of the rows of the denominator",
    )


def critical(confidence: float) -> float:
    """Return the two-sided normal quantile of a coverage strictly between 0 and 1.

    Examples
    --------
    >>> round(critical(0.95), 4)
    1.96
    """
    require(
        0 < confidence < 1,
        f"{confidence} is no coverage of an interval.",
        where="confidence",
        mend="give a number between 0 and 1, such as 0.95",
    )
    return float(ndtri((1 + confidence) / 2))


def student(confidence: ArrayLike, freedom: ArrayLike) -> FloatArray:
    """Return the two-sided quantile of Student's t; the normal one where freedom is infinite.

    Parameters
    ----------
    confidence
        Coverages, strictly between 0 and 1.
    freedom
        Degrees of freedom; NaN, or not above 0, gives NaN.

    Examples
    --------
    >>> student(0.95, [4, 40, np.inf]).round(3)
    array([2.776, 2.021, 1.96 ])
    """
    coverage, df = arrays(confidence, freedom)
    require(
        (coverage > 0) & (coverage < 1),
        "A number is no coverage of an interval.",
        where="confidence",
        mend="give numbers between 0 and 1, such as 0.95",
    )
    at, normal = (1 + coverage) / 2, np.isposinf(df)
    usable = np.where((df > 0) & ~normal, df, np.nan)
    return np.where(normal, ndtri(at), stdtrit(usable, at))


def divide(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """Return the quotients, NaN (never infinity) where the denominator is 0."""
    top, bottom = arrays(numerator, denominator)
    return np.where(bottom == 0, np.nan, top / np.where(bottom == 0, 1.0, bottom))


def normal_estimate(
    value: ArrayLike, standard_error: ArrayLike, *, confidence: float, method: str
) -> Estimate:
    """Return limits symmetric on the value's own scale."""
    z = critical(confidence)
    centre, error = arrays(value, standard_error)
    return Estimate(centre, centre - z * error, centre + z * error, error, method)


def student_estimate(
    value: ArrayLike,
    standard_error: ArrayLike,
    freedom: ArrayLike,
    *,
    confidence: float,
    method: str,
) -> Estimate:
    """Return limits by Student's t, symmetric on the value's own scale."""
    centre, error, df = arrays(value, standard_error, freedom)
    half = student(confidence, df) * error
    return Estimate(centre, centre - half, centre + half, error, method)


def log_estimate(
    value: ArrayLike, standard_error: ArrayLike, *, confidence: float, method: str
) -> Estimate:
    """Return limits symmetric on the log scale; NaN limits where the value is not above 0."""
    z = critical(confidence)
    centre, error = arrays(value, standard_error)
    positive = np.where(centre > 0, centre, np.nan)
    # clipped so that a hopeless standard error ends at the largest number, not in a warning
    factor = np.exp(np.clip(z * error / positive, None, 600))
    return Estimate(centre, positive / factor, positive * factor, error, method)


def logit_estimate(
    value: ArrayLike, standard_error: ArrayLike, *, confidence: float, method: str
) -> Estimate:
    """Return limits symmetric on the logit scale; NaN limits unless ``0 < value < 1``."""
    z = critical(confidence)
    centre, error = arrays(value, standard_error)
    inside = np.where((centre > 0) & (centre < 1), centre, np.nan)
    odds = inside / (1 - inside)
    factor = np.exp(np.clip(z * error / (inside * (1 - inside)), None, 600))
    lower, upper = odds / factor, odds * factor
    return Estimate(centre, lower / (1 + lower), 1 - 1 / (1 + upper), error, method)
