"""The summary measures of the World Health Organization's equity toolkit, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.gradient.grouped import (
    absolute_concentration,
    concentration_index,
    slope_index,
)
from equity_pipeline.statistics.inequality.attributable import (
    Limits,
    attributable_fraction,
    attributable_risk,
)
from equity_pipeline.statistics.inequality.disproportion import mean_log_deviation, theil_index
from equity_pipeline.statistics.inequality.distances import (
    difference_from_best,
    difference_from_mean,
    difference_from_reference,
    index_of_disparity,
)
from equity_pipeline.statistics.inequality.extremes import group_difference, group_ratio
from equity_pipeline.statistics.inequality.given import Groups, groups
from equity_pipeline.statistics.inequality.spread import (
    between_group_deviation,
    between_group_variance,
    coefficient_of_variation,
)

PUBLISHED_TIMES: Mapping[str, float] = {
    "paf": 100,
    "cov": 100,
    "ti": 1000,
    "mld": 1000,
    "idisu": 100,
    "idisw": 100,
}


@dataclass(frozen=True, slots=True)
class WhoMeasures:
    """The summary measures of health inequality, by their usual short names.

    ``d`` difference, ``r`` ratio; ``par``, ``paf`` population attributable risk and fraction;
    ``bgv``, ``bgsd``, ``cov`` between-group variance, deviation and coefficient of variation;
    ``ti`` Theil index, ``mld`` mean log deviation; ``idisu``, ``idisw`` index of disparity;
    ``mdbu``, ``mdbw`` mean difference from the best group, ``mdmu``, ``mdmw`` from the mean,
    ``mdru``, ``mdrw`` from the reference group, unweighted and weighted; ``aci``, ``rci``
    absolute and relative concentration index; ``sii``, ``rii`` slope and relative index of a
    straight line, ``rii_mean`` the slope index over the mean. Shares of the mean are parts of 1.
    """

    d: Estimate
    r: Estimate
    par: Estimate
    paf: Estimate
    bgv: Estimate
    bgsd: Estimate
    cov: Estimate
    ti: Estimate
    mld: Estimate
    idisu: Estimate
    idisw: Estimate
    mdbu: Estimate
    mdbw: Estimate
    mdmu: Estimate
    mdmw: Estimate
    mdru: Estimate
    mdrw: Estimate
    aci: Estimate
    rci: Estimate
    sii: Estimate
    rii: Estimate
    rii_mean: Estimate

    def published(self) -> dict[str, Estimate]:
        """Return the measures as the toolkit prints them: per cent, and thousandths of ti, mld."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _times(one, PUBLISHED_TIMES.get(name, 1)) for name, one in named.items()}


def who_measures(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    direction: str,
    ordered: bool,
    reference: ArrayLike | None = None,
    average: ArrayLike | None = None,
    attributable: str = Limits.ERRORS,
    unit: float | None = None,
    confidence: float = 0.95,
) -> WhoMeasures:
    """Return all summary measures of health inequality over groups, each with limits.

    Nothing is guessed from the values: what is good, the order, the reference, the setting's
    average and the unit are told.

    Parameters
    ----------
    values, shares
        Values and sizes of the groups (..., L); if ordered, from the most disadvantaged to the
        most advantaged. Groups without people are left out.
    errors
        Standard errors of the values, independent; without them the limits are NaN.
    direction
        ``higher`` or ``lower`` is good; ``neutral`` gives NaN where a side is needed.
    ordered
        Whether the groups have an order; the concentration and slope indices are NaN if not.
    reference
        Place of the reference group, for the difference and ratio of groups without order and the
        mean difference from the reference; None gives NaN in the latter.
    average
        The setting's average, if known otherwise and then without error, for the unweighted
        distances from the mean (``idisu``, ``mdmu``); by default the weighted mean of the groups.
    attributable, unit
        Limits of ``par`` and ``paf``: see :func:`attributable_risk`.
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    MethodError
        If there are fewer than two groups, a value is negative, or another argument cannot be.

    References
    ----------
    World Health Organization (2013), Handbook on health inequality monitoring.
    Schlotheuber A, Hosseinpoor AR (2022), doi:10.3390/ijerph19063697.

    Examples
    --------
    >>> told = {"direction": "higher", "ordered": False, "reference": 2}
    >>> made = who_measures([0.79, 0.85, 0.89], [42, 40, 38], 0.01, **told)
    >>> round(float(made.d.value), 4), round(float(made.mdrw.value), 4)
    (0.1, 0.0483)
    >>> round(float(made.published()["ti"].value), 4), bool(np.isnan(made.sii.value))
    (1.2021, True)
    """
    given = groups(values, shares, errors, where="who_measures")
    level: _Told = {"confidence": confidence}
    two: _Told = {"direction": direction, "ordered": ordered, **level}
    gain: _Told = {**two, "limits": attributable, "unit": unit}
    y, n, s = given.values, given.people, given.errors
    return WhoMeasures(
        d=group_difference(y, n, s, reference=reference, **two),
        r=group_ratio(y, n, s, reference=reference, **two),
        par=attributable_risk(y, n, s, **gain),
        paf=attributable_fraction(y, n, s, **gain),
        bgv=between_group_variance(y, n, s, **level),
        bgsd=between_group_deviation(y, n, s, **level),
        cov=coefficient_of_variation(y, n, s, **level),
        ti=theil_index(y, n, s, **level),
        mld=mean_log_deviation(y, n, s, **level),
        **_distances(given, direction, reference, average, level),
        **_ordered(given, ordered, level),
    )


_Told = dict[str, Any]


def _distances(
    given: Groups,
    direction: str,
    reference: ArrayLike | None,
    average: ArrayLike | None,
    level: _Told,
) -> dict[str, Estimate]:
    y, n, s = given.values, given.people, given.errors
    made: dict[str, Estimate] = {}
    for letter, weighted in (("u", False), ("w", True)):
        told: _Told = {"weighted": weighted, **level}
        known = None if weighted else average
        made |= {
            f"idis{letter}": index_of_disparity(y, n, s, average=known, **told),
            f"mdb{letter}": difference_from_best(y, n, s, direction=direction, **told),
            f"mdm{letter}": difference_from_mean(y, n, s, average=known, **told),
            f"mdr{letter}": difference_from_reference(y, n, s, reference=reference, **told),
        }
    return made


def _ordered(given: Groups, ordered: bool, level: _Told) -> dict[str, Estimate]:
    """Return the indices that need an order, NaN without one."""
    y, n = given.values, given.people
    v = np.asarray(given.errors[..., np.newaxis] ** 2 * np.eye(y.shape[-1]))
    slope = slope_index(y, n, v, **level)
    made = {
        "aci": absolute_concentration(y, n, v, **level),
        "rci": concentration_index(y, n, v, **level),
        "sii": slope.sii,
        "rii": slope.rii,
        "rii_mean": slope.rii_mean,
    }
    return {name: one.where(ordered & given.enough) for name, one in made.items()}


def _times(made: Estimate, factor: float) -> Estimate:
    value, lower, upper, error = (
        factor * part for part in (made.value, made.lower, made.upper, made.standard_error)
    )
    return replace(made, value=value, lower=lower, upper=upper, standard_error=error)
