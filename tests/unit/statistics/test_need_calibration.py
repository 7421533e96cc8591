"""Calibration shows where one need model serves a group badly, and the rule takes that in."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.need import (
    Calibration,
    Family,
    InteractionRule,
    NeedVariable,
    calibration,
    interactions,
    marginal_standardisation,
)

families = pytest.mark.parametrize("family", list(Family))


class Region:
    """Persons of two levels; sickness may matter more in level 1."""

    def __init__(self, family: Family, *, more: float, size: int = 6000) -> None:
        draw = np.random.default_rng(11)
        self.family = family
        self.level, self.unit = draw.integers(0, 2, size), draw.integers(0, 40, size)
        self.age, self.sick = draw.integers(0, 6, size), draw.integers(0, 4, size)
        eta = -1.2 + 0.2 * self.level + 0.1 * self.age
        eta = eta + (0.2 + more * self.level) * self.sick
        self.y = {
            Family.BINOMIAL: lambda: (draw.random(size) < 1 / (1 + np.exp(-eta))).astype(float),
            Family.POISSON: lambda: draw.poisson(np.exp(eta)).astype(float),
            Family.GAUSSIAN: lambda: eta + draw.normal(size=size),
            Family.GAMMA: lambda: draw.gamma(3, np.exp(eta) / 3),
        }[family]()

    def cells(self) -> dict[str, object]:
        return {
            "s": self.y,
            "d": np.ones(len(self.y)),
            "level": self.level,
            "design": [
                NeedVariable.numeric("age", self.age.astype(float)),
                NeedVariable.categorical("morbidity", self.sick, n_codes=4),
            ],
            "cluster": self.unit,
            "n_levels": 2,
            "family": self.family,
        }

    def calibrated(self, **options: object) -> Calibration:
        return calibration(**self.cells(), **options)


@families
def test_bands_add_up_to_everybody_and_hold_equal_parts(family: Family) -> None:
    region = Region(family, more=0.0)
    made = region.calibrated(bands=4)
    assert made.n.sum() == len(region.y)
    assert (np.abs(made.n.sum(axis=0) / len(region.y) - 0.25) < 0.1).all()
    assert_allclose(np.nansum(made.n * made.observed), region.y.sum())
    by_hand = [region.y[(region.level == 1) & (made.band == b)].mean() for b in range(4)]
    assert_allclose(made.observed[1], by_hand)
    assert (np.diff(made.predicted, axis=1) > 0).all()


@pytest.mark.parametrize("family", [Family.BINOMIAL, Family.POISSON, Family.GAUSSIAN])
def test_each_level_as_a_whole_is_predicted_exactly_by_canonical_links(family: Family) -> None:
    made = Region(family, more=0.3).calibrated()
    assert_allclose(made.in_the_large.value, 0, atol=1e-9)
    assert_allclose(made.in_the_large.standard_error, 0, atol=1e-9)


@families
def test_slopes_are_those_of_a_model_on_each_level_s_own_predictions(family: Family) -> None:
    region = Region(family, more=0.3)
    made = region.calibrated()
    peers = {
        Family.BINOMIAL: sm.families.Binomial(),
        Family.POISSON: sm.families.Poisson(),
        Family.GAUSSIAN: sm.families.Gaussian(),
        Family.GAMMA: sm.families.Gamma(sm.families.links.Log()),
    }
    rows = np.column_stack(
        [region.level == 0, region.level == 1, region.age, *(region.sick == k for k in (1, 2, 3))]
    ).astype(float)
    whole = sm.GLM(region.y, rows, peers[family]).fit(
        tol=1e-13, tol_criterion="params", maxiter=200
    )
    line = rows @ whole.params
    for level in (0, 1):
        own = region.level == level
        theirs = sm.GLM(region.y[own], sm.add_constant(line[own]), peers[family]).fit(
            tol=1e-12,
            cov_type="cluster",
            cov_kwds={"groups": region.unit[own], "use_correction": False},
        )
        assert made.slope.value[level] == pytest.approx(theirs.params[1], rel=1e-6)
        if family is not Family.GAMMA:  # of which the peer takes the observed information
            error = theirs.bse[1] * np.sqrt(40 / 39)
            assert made.slope.standard_error[level] == pytest.approx(error, rel=1e-5)


def test_a_group_where_need_matters_more_is_seen_and_taken_in() -> None:
    region = Region(Family.BINOMIAL, more=0.5)
    made = region.calibrated()
    assert made.slope.upper[0] < 1 < made.slope.lower[1]
    assert (made.p < 1e-3).all()
    assert made.gap.value[1, 0] < 0 < made.gap.value[1, -1]
    assert made.gap.lower[1, -1] > 0
    told = interactions(**region.cells(), rule=InteractionRule())
    assert told.chosen == ("morbidity",)
    alone = interactions(**region.cells(), rule=InteractionRule(candidates=("age",)))
    assert_allclose(told.p[0], min(alone.p[0] * 2, 1))
    better = region.calibrated(by_level=told.chosen)
    assert (better.slope.lower < 1).all() and (better.slope.upper > 1).all()
    assert (better.p > 0.01).all()


def test_a_group_like_the_others_is_calibrated_and_no_interaction_is_chosen() -> None:
    region = Region(Family.BINOMIAL, more=0.0)
    made = region.calibrated()
    assert (made.slope.lower < 1).all() and (made.slope.upper > 1).all()
    assert (made.p > 0.01).all()
    assert interactions(**region.cells(), rule=InteractionRule()).chosen == ()


def test_hosmer_and_lemeshow_by_hand() -> None:
    """One level, two bands, no need: 3 and 6 of 10, where 4.5 of each are expected."""
    made = calibration(
        [3, 6], [10, 10], [0, 0], [[0.0], [1.0]], [0, 1], n_levels=1, family=Family.BINOMIAL,
        bands=2,
    )  # fmt: skip
    assert_allclose(made.observed, made.predicted)  # need explains it
    assert_allclose(made.chi2, 0, atol=1e-12)
    # need that is the same in all leaves one band: no freedom
    same = calibration(
        [3, 6], [10, 10], [0, 0], [[1.0], [1.0]], [0, 1], n_levels=1, family=Family.BINOMIAL,
    )  # fmt: skip
    assert np.isnan([same.chi2, same.p]).all()
    # a need of three steps that the model takes for a line: 2, 6 and 4 of 10 beside a line
    bent = calibration(
        [2, 6, 4], [10, 10, 10], [0, 0, 0], [[0.0], [1.0], [2.0]], [0, 1, 2], n_levels=1,
        family=Family.BINOMIAL, bands=3,
    )  # fmt: skip
    line = sm.GLM(
        np.array([[2, 8], [6, 4], [4, 6]]), [[1, 0], [1, 1], [1, 2]], sm.families.Binomial()
    ).fit(tol=1e-12)
    p = line.fittedvalues
    assert_allclose(bent.predicted[0], p)
    by_hand = ((np.array([2, 6, 4]) - 10 * p) ** 2 / (10 * p * (1 - p))).sum()
    assert_allclose(bent.chi2[0], by_hand)
    assert bent.df[0] == 2


def test_levels_and_models_without_a_fit_are_nan_and_no_exception() -> None:
    made = calibration(
        [3, 6, 0, 0], [10, 10, 5, 5], [0, 0, 1, 1], [[0], [1], [0], [1]], [0, 1, 0, 1],
        n_levels=2, family=Family.BINOMIAL, bands=2,
    )  # fmt: skip
    assert made.converged
    assert np.isnan(made.predicted[1]).all() and np.isnan(made.slope.value[1])
    none = calibration(
        [0, 0], [10, 10], [0, 1], [[0], [1]], [0, 1], n_levels=2, family=Family.BINOMIAL
    )
    assert not none.converged
    assert np.isnan(none.observed).all()


def test_interactions_without_enough_events_or_clusters_are_not_tested() -> None:
    region = Region(Family.BINOMIAL, more=0.5, size=300)
    few = interactions(**region.cells(), rule=InteractionRule(fewest=1000))
    assert np.isnan(few.p).all() and few.chosen == ()
    cells = region.cells() | {"cluster": region.unit % 3}
    told = interactions(**cells, rule=InteractionRule())
    # three clusters leave freedom for one column, not for morbidity's three
    assert np.isfinite(told.p[0]) and np.isnan(told.p[1])


def test_a_rule_or_a_table_that_makes_no_sense_is_refused() -> None:
    region = Region(Family.BINOMIAL, more=0.0, size=300)
    for attempt in (
        lambda: region.calibrated(bands=0),
        lambda: InteractionRule(alpha=1.0),
        lambda: interactions(**region.cells(), rule=InteractionRule(candidates=("severity",))),
    ):
        with pytest.raises(MethodError) as refused:
            attempt()
        assert refused.value.where and refused.value.mend


def test_the_rule_changes_the_levels_where_need_differs() -> None:
    region = Region(Family.BINOMIAL, more=0.5)
    plain = marginal_standardisation(**region.cells())
    own = marginal_standardisation(**region.cells(), by_level=("morbidity",))
    assert np.abs(plain.value - own.value).max() > 1e-4
