"""Whether a gap arises inside units, or because groups attend different units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.need.absorb import UnitFit, fit_within, unit_rows
from equity_pipeline.statistics.need.adjusters import refuse_adjusters
from equity_pipeline.statistics.need.cells import Patterns, compress, read_cells
from equity_pipeline.statistics.need.design import Design, IntArray
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.options import Covariates, Spread
from equity_pipeline.statistics.need.unit_values import (
    LevelPulls,
    unit_people,
    with_units,
    without_units,
)
from equity_pipeline.statistics.reading import codes, one_of

FEW_UNITS = 40


@dataclass(frozen=True, slots=True)
class WithinUnits:
    """The gap of each level to the reference, split in two.

    Attributes
    ----------
    focus
        Numbers of the levels other than the reference (L - 1,), as the estimates' elements.
    total
        Need-adjusted difference over the population.
    within
        The same with an effect for each unit: the gap between people of the same unit.
    between
        Total minus within: what comes from groups' attending different units.
    effect
        The gap within units on the link scale (log odds ratio, log rate ratio, difference).
    n_units, n_silent, n_left_out
        Units in all; those where nobody or everybody had the outcome, which count with no gap;
        those left out, since none of their people can be compared with the reference.
    converged
        Whether both fits settled; if not, the numbers are NaN.
    """

    focus: IntArray
    total: Estimate
    within: Estimate
    between: Estimate
    effect: Estimate
    n_units: int
    n_silent: int
    n_left_out: int
    converged: bool


def within_units(
    s: ArrayLike,
    d: ArrayLike,
    level: ArrayLike,
    design: Design,
    unit: ArrayLike,
    *,
    n_levels: int,
    family: Family,
    reference: int,
    names: Sequence[str] | None = None,
    stratum: str = "",
    covariates: Covariates = Covariates.SAMPLED,
    confidence: float = 0.95,
) -> WithinUnits:
    """Return each level's need-adjusted gap to the reference, within and between units.

    Parameters
    ----------
    s, d, level, design, n_levels, family, names, stratum
        As in :func:`marginal_standardisation`.
    unit
        Unit number of the cell (m,), whole numbers; it is the cluster too.
    reference
        Number of the level that others are compared with.
    covariates
        Whether the people in the units are a sample of their kind.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    WithinUnits
        Both gaps are means over the same people, so that the parts add up. Errors are by unit,
        x G / (G - 1), and the parts' hang together. With an effect for each unit, logits of very
        small units (under some tens of people) lean away from 0.

    Raises
    ------
    MethodError
        If the arrays do not go together, the reference is no level, or a need variable is one
        that is never adjusted for.

    References
    ----------
    Neuhaus JM, Kalbfleisch JD (1998), doi:10.2307/3109770 (between and within effects).

    Examples
    --------
    >>> made = within_units(
    ...     s=[8, 6, 4, 2, 9, 7], d=[10, 10, 10, 10, 10, 10], level=[0, 1, 0, 1, 0, 1],
    ...     design=[], unit=[0, 0, 1, 1, 2, 2], n_levels=2, family=Family.GAUSSIAN, reference=0,
    ... )
    >>> made.within.value.round(3), made.between.value.round(3)
    (array([-0.2]), array([0.]))
    """
    family = one_of(family, Family, where="within_units, family")
    reference = int(codes(reference, where="within_units, reference"))
    require(
        0 <= reference < n_levels,
        f"There are {n_levels} levels; the reference is another.",
        where="within_units",
        mend="give a reference from 0 to n_levels - 1",
    )
    cells = read_cells(s, d, level, design, unit, n_levels, None, family, names)
    refuse_adjusters([v.name for v in cells.variables], stratum=stratum)
    patterns = compress(cells)
    rows = unit_rows(patterns)
    inside = fit_within(patterns, rows, family, reference)
    if inside is None:
        return _nothing(n_levels, reference, patterns)
    people = unit_people(patterns, inside)
    across = without_units(patterns, family, people.known, Spread(covariates=covariates))
    if across is None:
        return _nothing(n_levels, reference, patterns)
    through = with_units(patterns, rows, inside, people, covariates)
    return _split(across, through, inside, reference, confidence)


def _split(
    across: LevelPulls,
    inside: tuple[LevelPulls, LevelPulls],
    fitted: UnitFit,
    reference: int,
    confidence: float,
) -> WithinUnits:
    focus = np.delete(np.arange(len(across.value)), reference)
    total, within, effect = (_against(x, focus, reference) for x in (across, *inside))
    between = LevelPulls(total.value - within.value, total.pull - within.pull)
    units = len(fitted.effect)
    made = {
        name: _estimate(x, units, f"{name}_{fitted.family}_cluster", confidence)
        for name, x in (
            ("total", total), ("within", within), ("between", between), ("effect", effect),
        )
    }  # fmt: skip
    left_out = int(np.isnan(fitted.effect).sum())
    return WithinUnits(
        focus=focus,
        **{name: one.warned(Caution.LEFT_OUT, left_out > 0) for name, one in made.items()},
        n_units=units,
        n_silent=int(np.isinf(fitted.effect).sum()),
        n_left_out=left_out,
        converged=True,
    )


def _against(levels: LevelPulls, focus: IntArray, reference: int) -> LevelPulls:
    return LevelPulls(
        levels.value[focus] - levels.value[reference],
        levels.pull[:, focus] - levels.pull[:, [reference]],
    )


def _estimate(gap: LevelPulls, units: int, method: str, confidence: float) -> Estimate:
    factor = units / (units - 1) if units > 1 else np.nan
    error = np.sqrt((gap.pull**2).sum(axis=0) * factor)
    made = normal_estimate(gap.value, error, confidence=confidence, method=method)
    return made.warned(Caution.FEW_CLUSTERS, units < FEW_UNITS)


def _nothing(n_levels: int, reference: int, patterns: Patterns) -> WithinUnits:
    empty = np.full(n_levels - 1, np.nan)
    one = Estimate(empty, empty, empty, empty, "not_converged")
    focus = np.delete(np.arange(n_levels), reference)
    units = patterns.cells.n_clusters
    return WithinUnits(focus, one, one, one, one, units, 0, units, False)
