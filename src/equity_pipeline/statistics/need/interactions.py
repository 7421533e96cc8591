"""Which need variables matter differently by group, by a rule set before data are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.need.adjusters import refuse_adjusters
from equity_pipeline.statistics.need.cells import Patterns, compress, read_cells
from equity_pipeline.statistics.need.contrasts import WaldTest, wald_zero
from equity_pipeline.statistics.need.design import Design
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.fit import Fit, fit
from equity_pipeline.statistics.need.influence import Target, covariance
from equity_pipeline.statistics.need.options import Spread, Variance
from equity_pipeline.statistics.need.population import population
from equity_pipeline.statistics.reading import one_of


@dataclass(frozen=True, slots=True)
class InteractionRule:
    """When a variable gets an effect of its own at each level.

    Attributes
    ----------
    candidates
        Names of the variables that are tested; all if empty.
    alpha
        Largest p value, after Bonferroni over those tested.
    fewest
        Fewest events, and for shares people without, in a level for each column that is added.
    """

    candidates: tuple[str, ...] = ()
    alpha: float = 0.01
    fewest: float = 10.0

    def __post_init__(self) -> None:
        require(
            0 < self.alpha < 1 and self.fewest >= 0,
            f"{self.alpha} is no level of a test, or {self.fewest} no number of events.",
            where="InteractionRule",
            mend="give an alpha between 0 and 1, such as 0.01, and fewest from 0",
        )


@dataclass(frozen=True, slots=True)
class Interactions:
    """Tests of level by need, variable by variable (n,).

    ``statistic`` and ``df`` are those of a Wald test by cluster, held against F (df, G - 1);
    ``p`` is Bonferroni's. NaN where a level has too few events or there are too few clusters.
    ``chosen`` goes into ``by_level`` of :func:`marginal_standardisation`.
    """

    names: tuple[str, ...]
    statistic: FloatArray
    df: FloatArray
    p: FloatArray
    chosen: tuple[str, ...]


def interactions(
    s: ArrayLike,
    d: ArrayLike,
    level: ArrayLike,
    design: Design,
    cluster: ArrayLike,
    *,
    n_levels: int,
    family: Family,
    rule: InteractionRule,
    names: Sequence[str] | None = None,
    stratum: str = "",
) -> Interactions:
    """Return which need variables matter differently between the levels, by a rule.

    Parameters
    ----------
    s, d, level, design, cluster, n_levels, family, names, stratum
        As in :func:`marginal_standardisation`.
    rule
        What is tested and when it is taken in; each variable is tested beside all main effects.

    Raises
    ------
    MethodError
        If the arrays do not go together, a candidate is not in the design, or a need variable is
        one that is never adjusted for.

    References
    ----------
    Wald A (1943), doi:10.1090/S0002-9947-1943-0012401-3.
    Bland JM, Altman DG (1995), BMJ 310:170 (as many tests as variables).

    Examples
    --------
    >>> made = interactions(
    ...     s=[20, 80, 20, 30] * 4, d=[100] * 16, level=[0, 0, 1, 1] * 4,
    ...     design=[[0], [1], [0], [1]] * 4, cluster=[c // 4 for c in range(16)], names=["sick"],
    ...     n_levels=2, family=Family.POISSON, rule=InteractionRule(),
    ... )
    >>> made.names, made.df
    (('sick',), array([1.]))
    """
    family = one_of(family, Family, where="interactions, family")
    cells = read_cells(s, d, level, design, cluster, n_levels, None, family, names)
    own = tuple(variable.name for variable in cells.variables)
    refuse_adjusters(own, stratum=stratum)
    tested = rule.candidates or own
    require(
        set(tested) <= set(own),
        "A variable that is to be tested is not in the need design.",
        where="interactions",
        mend=f"name some of {', '.join(own) or 'none'}",
    )
    tests = [_test(compress(cells, {name}), family, name, rule) for name in tested]
    made = np.array(tests).reshape(-1, 3)
    p = np.minimum(made[:, 2] * len(tested), 1)
    chosen = tuple(name for name, one in zip(tested, p, strict=True) if one <= rule.alpha)
    return Interactions(tested, made[:, 0], made[:, 1], p, chosen)


def _test(
    patterns: Patterns, family: Family, name: str, rule: InteractionRule
) -> tuple[float, float, float]:
    """Return statistic, freedom and p value of one variable; NaN where it cannot be tested."""
    nothing = (np.nan, np.nan, np.nan)
    fitted = fit(patterns, family, {name})
    if fitted is None:
        return nothing
    added = np.zeros(len(fitted.coefficients), dtype=bool)
    for term in fitted.terms:
        added[term.where] = term.by_level
    count, groups = int(added.sum()), patterns.cells.n_clusters
    asked = rule.fewest * count / max(fitted.levels - 1, 1)
    if not count or groups <= count + 1 or _fewest(patterns, fitted) < asked:
        return nothing
    left = population(patterns, fitted).left
    target = Target(np.eye(len(added))[added])
    spread, _ = covariance(patterns, fitted, left, target, Spread(Variance.CLUSTER))
    made = wald_zero(fitted.coefficients[added], spread, test=WaldTest.F, n_clusters=groups)
    return float(made.statistic), float(made.df), float(made.p)


def _fewest(patterns: Patterns, fitted: Fit) -> float:
    """Return the events of the level that has fewest, or people without where those are fewer."""
    s, d = (x[fitted.position >= 0] for x in patterns.level_sums())
    if fitted.family is Family.GAUSSIAN:
        return float(d.min())
    return float(np.minimum(s, d - s).min() if fitted.family.is_share else s.min())
