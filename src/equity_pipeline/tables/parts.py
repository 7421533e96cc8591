"""A gap as what goes with age and sex, with need, and what remains, between and within units.

Everything is made for the whole and again without each unit in turn; the limits come of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from equity_pipeline.statistics.clustered import few_clusters
from equity_pipeline.statistics.decompose import between_within_units, sequential_standardisation
from equity_pipeline.statistics.estimate import BoolArray, Estimate, divide
from equity_pipeline.tables.cells import (
    MORBIDITIES,
    N_STANDARD_STRATA,
    FloatArray,
    IntArray,
    Slice,
)

TOTAL, DEMOGRAPHY, NEED, REMAINING = "total_crude", "demography", "need", "remaining"
BETWEEN, ONE_GROUP, WITHIN = "between_units", "units_of_one_group", "within_units"
COMPONENTS = (TOTAL, DEMOGRAPHY, NEED, REMAINING, BETWEEN, ONE_GROUP, WITHIN)
NOBODY = 1e-9  # what is left of people when floats are taken from each other
AT_A_TIME = 2_000_000  # numbers in one array: more do not fit in the processor's memory
# limits are told where the parts exist without this share of the units, each left out in turn
ENOUGH_UNITS = 0.8


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Denominators and numerators of the two groups of many contrasts, (G, 2, U, D, N).

    By unit, by stratum of demography and by need; the focus group stands first.
    """

    d: FloatArray
    s: FloatArray

    def under(self, model: str) -> Contrasts:
        """Return them by the strata of a need model: none, age and sex, or all."""
        folded = {"crude": (-2, -1), "need_a": (-1,), "need_b": ()}[model]
        return Contrasts(*(one.sum(axis=folded, keepdims=True) for one in (self.d, self.s)))

    def part(self, start: int, end: int) -> Contrasts:
        """Return some of the contrasts."""
        return Contrasts(self.d[start:end], self.s[start:end])

    @property
    def there(self) -> BoolArray:
        """Which units have people of a group, (G, 2, U)."""
        return np.asarray(self.d.sum(axis=(-2, -1)) > 0)

    @property
    def fewest(self) -> IntArray:
        """How many units the group with fewest has, (G,)."""
        return np.asarray(self.there.sum(axis=-1).min(axis=-1), dtype=np.int64)


def contrasts_of(held: Sequence[tuple[Slice, int, int]]) -> Contrasts:
    """Return the people of pairs of levels by unit, by five ages and sex, and by need.

    Parameters
    ----------
    held
        Slices of one indicator and period, each with the place of its focus and of its reference
        level. Sex is no stratum of itself.
    """
    units = 1 + max(int(cells.cluster.max(initial=0)) for cells, *_ in held)
    made = np.stack([_counted(*one, units) for one in held])
    return Contrasts(made[:, 0], made[:, 1])


def _counted(cells: Slice, focus: int, reference: int, units: int) -> FloatArray:
    """Return denominators and numerators of one pair, (2, 2, U, D, N)."""
    chosen = np.isin(cells.level, (focus, reference))
    side = (cells.level[chosen] == reference).astype(np.int64)
    stratum = cells.stratum[chosen]
    stratum = stratum - stratum % 2 if cells.dimension == "sex" else stratum
    shape = (2, units, N_STANDARD_STRATA, len(MORBIDITIES))
    place = np.ravel_multi_index(
        (side, cells.cluster[chosen], stratum, cells.morbidity[chosen]), shape
    )
    size = int(np.prod(shape))
    made = [np.bincount(place, cells.sums[row, chosen], minlength=size) for row in (1, 2)]
    return np.stack(made).astype(np.float64).reshape(2, *shape)


def parts(groups: Contrasts, mediators: Mapping[str, IntArray]) -> Estimate:
    """Return the components of the gaps of two groups, focus minus reference, in their order.

    Parameters
    ----------
    groups
        The groups of each contrast by the strata of one need model.
    mediators
        For each trait of units, the code of each unit (at least U).

    Returns
    -------
    Estimate
        (G, 7 + mediators): the crude gap; demography and need, what standardising for them one
        after the other takes from it; what remains; of that, between units (of it, what goes with
        units that one group alone attends) and within units; then each mediator, the part of what
        lies between units that goes with the groups' attending units of other kinds. NaN where
        nothing can be compared. Errors by leaving out a unit at a time; Student's t.

    Notes
    -----
    Each group is weighed to the need of both together before units are compared, so that the
    parts between and within units add up to what remains exactly.

    References
    ----------
    Kitagawa EM (1955), doi:10.1080/01621459.1955.10501299; Efron B, Stein C (1981),
    doi:10.1214/aos/1176345462 (errors by leaving one out).
    """
    count, _, units, *_ = groups.d.shape
    step = max(AT_A_TIME // ((units + 1) * units * 2 * (1 + len(mediators))), 1)
    made = np.concatenate(
        [_components(groups.part(at, at + step), mediators) for at in range(0, count, step)]
    )
    error = _jackknife(made, np.asarray(groups.there.any(axis=1)))
    plain = Estimate(made[:, 0], made[:, 0], made[:, 0], error, "cluster_jackknife")
    freedom = np.maximum(groups.fewest - 1.0, 1.0)[:, np.newaxis]
    return few_clusters(plain, np.broadcast_to(freedom, error.shape))


def _components(groups: Contrasts, mediators: Mapping[str, IntArray]) -> FloatArray:
    """Return the components (G, 1 + U, C): of the whole, then without each unit."""
    d, s = _each_left_out(groups.d), _each_left_out(groups.s)
    split = sequential_standardisation(
        d, np.where(d > 0, divide(s, d), 0.0), order=(0, 1), variance=np.zeros_like(d)
    )
    people, events = _weighed(groups, d)
    halves = _between_within(
        np.stack([people, *(_by_kind(people, codes) for codes in mediators.values())]),
        np.stack([events, *(_by_kind(events, codes) for codes in mediators.values())]),
    )
    known = ~np.isnan(split.remaining.value)
    units = [np.where(known, one, np.nan) for one in (*halves[:, 0], *halves[0, 1:])]
    return np.stack(
        [split.gap.value, *np.moveaxis(split.parts.value, -1, 0), split.remaining.value, *units],
        axis=-1,
    )


def _each_left_out(counts: FloatArray) -> FloatArray:
    """Return sums over units (G, 1 + U, 2, D, N): of all, then without each."""
    whole = counts.sum(axis=2)[:, np.newaxis]
    made = np.concatenate([whole, whole - np.moveaxis(counts, 2, 1)], axis=1)
    return np.where(np.abs(made) < NOBODY, 0.0, made)


def _weighed(groups: Contrasts, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each group's people and events at each unit, at the need of both (G, 1 + U, 2, U)."""
    count, left_out, *_ = d.shape
    held = (d > 0).all(axis=2, keepdims=True)
    target = np.where(held, d.sum(axis=2, keepdims=True), 0.0)
    weight = divide(target, target.sum(axis=(3, 4), keepdims=True))
    factor = np.where(held, divide(np.broadcast_to(weight, d.shape), d), 0.0)
    factor = factor.reshape(count, left_out, 2, 1, -1)
    stays = 1.0 - np.eye(left_out - 1)
    made = []
    for one in (groups.d, groups.s):
        by_unit = np.swapaxes(one.reshape(count, 1, 2, left_out - 1, -1), -1, -2)
        at_unit = np.nan_to_num((factor @ by_unit)[..., 0, :])
        at_unit[:, 1:] *= stays[:, np.newaxis, :]
        made.append(at_unit)
    return made[0], made[1]


def _by_kind(at_unit: FloatArray, codes: IntArray) -> FloatArray:
    """Return sums over units of a kind, in the places of the first units."""
    units = at_unit.shape[-1]
    kind = np.unique(codes[:units], return_inverse=True)[1].reshape(-1)
    return np.asarray(at_unit @ np.eye(units)[kind])


def _between_within(people: FloatArray, events: FloatArray) -> FloatArray:
    """Return what lies between, of it what only one group attends, and what lies within."""
    value = np.where(people > 0, divide(events, people), 0.0)
    made = between_within_units(people, value, variance=np.zeros_like(people))
    alone = made.only_focus.value + made.only_reference.value
    return np.stack([made.between.value + alone, alone + 0.0, made.within.value])


def _jackknife(made: FloatArray, there: BoolArray) -> FloatArray:
    """Return standard errors (G, C) of components made without each of the units that are there."""
    without = np.where(there[..., np.newaxis], made[:, 1:], np.nan)
    known = np.isfinite(without)
    count = known.sum(axis=1)
    mean = divide(np.where(known, without, 0.0).sum(axis=1), count)
    spread = (np.where(known, without - mean[:, np.newaxis], 0.0) ** 2).sum(axis=1)
    units = there.sum(axis=1)[:, np.newaxis]
    enough = (count >= 2) & (count >= ENOUGH_UNITS * units)
    return np.where(enough, np.sqrt(divide(count - 1.0, count) * spread), np.nan)
