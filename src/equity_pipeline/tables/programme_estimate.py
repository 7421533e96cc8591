"""What a programme did: a difference in changes that the level before the start cannot make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics import variation
from equity_pipeline.statistics.estimate import BoolArray
from equity_pipeline.statistics.evaluate import Permuted, permutation_test
from equity_pipeline.tables.cells import FloatArray, IntArray
from equity_pipeline.tables.programme_matching import Matched
from equity_pipeline.tables.programme_panel import Changes

FEWEST_ASSIGNMENTS = 20  # of fewer none can be as rare as one in twenty


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect on one outcome, on its natural scale; None where too few units can tell.

    Attributes
    ----------
    permuted
        The level-adjusted difference in changes with permutation limits and p.
    unadjusted
        The plain difference in changes of the same units.
    before_treated, after_treated, before_others, after_others
        Weighted means of the units' values.
    heterogeneity
        Standard deviation of the true effects between units; NaN where it cannot be told.
    n_treated, n_others
        Units behind it.
    """

    permuted: Permuted
    unadjusted: float
    before_treated: float
    after_treated: float
    before_others: float
    after_others: float
    heterogeneity: float
    n_treated: int
    n_others: int


def level_slope(given: Changes, treated: BoolArray, usable: BoolArray) -> float:
    """Return how much the change falls with the level before, among units of one kind.

    A unit that lay high by chance falls back: the slope is between -1 (all was chance) and 0
    (nothing was). Where levels do not vary within both kinds it is 0.

    References
    ----------
    Barnett AG, van der Pols JC, Dobson AJ (2005), doi:10.1093/ije/dyh299.
    """
    w, x, y = given.weight[usable], given.before[usable], given.change[usable]
    apart_x, apart_y = x.copy(), y.copy()
    for kind in (True, False):
        here = treated[usable] == kind
        if here.any():
            apart_x[here] -= np.average(x[here], weights=w[here])
            apart_y[here] -= np.average(y[here], weights=w[here])
    room = float((w * apart_x**2).sum())
    if room <= 1e-12 * float((w * x**2).sum()):
        return 0.0
    return float(np.clip((w * apart_x * apart_y).sum() / room, -1.0, 0.0))


def effect(given: Changes, held: Matched, slope: float) -> Effect | None:
    """Return the effect in matched sets, None where too few assignments could be told apart."""
    usable = np.isfinite(given.change) & (given.weight > 0)
    sets = held.kept(usable.tolist())
    others, others_set = sets.others[usable[sets.others]], sets.others_set[usable[sets.others]]
    place = np.r_[sets.treated, others]
    block = np.r_[sets.treated_set, others_set]
    treated = np.arange(len(place)) < len(sets.treated)
    moved = given.change[place] - slope * given.before[place]
    permuted = permuted_in(moved, treated, block, given.weight[place])
    if permuted is None:
        return None
    before_1, after_1, before_0, after_0 = (
        float(np.average(values[place][kind], weights=given.weight[place][kind]))
        for kind in (treated, ~treated)
        for values in (given.before, given.after)
    )
    apart = moved - np.average(moved[~treated], weights=given.weight[place][~treated])
    return Effect(
        permuted=permuted,
        unadjusted=after_1 - before_1 - (after_0 - before_0),
        before_treated=before_1,
        after_treated=after_1,
        before_others=before_0,
        after_others=after_0,
        heterogeneity=_heterogeneity(apart[treated], given.variance[place][treated]),
        n_treated=int(treated.sum()),
        n_others=int((~treated).sum()),
    )


def permuted_in(
    moved: FloatArray, treated: BoolArray, block: IntArray, weight: FloatArray
) -> Permuted | None:
    """Return the permutation test within sets; over all units where sets give too few ways."""
    for sets in (block, np.zeros_like(block)):
        try:
            made = permutation_test(moved, treated, block=sets, weight=weight)
        except MethodError:
            continue  # no set holds both kinds
        if made.assignments >= FEWEST_ASSIGNMENTS:
            return made
    return None


def _heterogeneity(apart: FloatArray, variance: FloatArray) -> float:
    usable = np.isfinite(apart) & (variance > 0)
    if usable.sum() < 2:
        return np.nan
    found = variation.random_effects(apart[usable], variance[usable], tau2="dl")
    return float(np.sqrt(found.tau2))
