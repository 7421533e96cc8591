"""Values of units or areas beside what the region's rates would give: case-mix, chance, limits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.estimate import Estimate, divide
from equity_pipeline.statistics.rates import residual_squares
from equity_pipeline.tables.cells import (
    MORBIDITIES,
    STANDARD_BAND,
    SUMS,
    FloatArray,
    IntArray,
    Slice,
    slices,
)
from equity_pipeline.tables.effects import interval_of

BANDS = int(STANDARD_BAND.max()) + 1
# what each class of adjuster takes account of; a right for everyone is held beside all three
CASE_MIX = {"A1": ("age", "sex")}
ALL_NEED = ("age", "sex", "morbidity")


@dataclass(frozen=True, slots=True)
class PlaceValues:
    """Values of P places on the indicator's scale, and the spread that chance gives them.

    Attributes
    ----------
    places
        Codes of the units or areas.
    sums
        The six sums, (6, P).
    crude, std
        Values with their own limits; ``std`` is the region's value times observed over expected.
    expected
        The value that the region's rates in each stratum would give the place's people.
    target
        The region's value.
    error_crude, error_std
        Standard error of a value at the target, by chance alone.
    need_model
        What the expected value takes account of; empty where nothing varies, and then there is
        no expected value.
    """

    places: tuple[str, ...]
    sums: FloatArray
    crude: Estimate
    std: Estimate
    expected: FloatArray
    target: float
    error_crude: FloatArray
    error_std: FloatArray
    need_model: str

    @property
    def is_adjusted(self) -> bool:
        """Whether there is an expected value."""
        return bool(self.need_model)


def place_values(
    places: tuple[str, ...],
    place: IntArray,
    sums: FloatArray,
    declared: Declaration,
    stratum: IntArray | None = None,
    need_model: str = "",
) -> PlaceValues:
    """Return the values of places from the cells of a whole region.

    Parameters
    ----------
    places, place
        Codes of the places, and each cell's place in them, (m,).
    sums
        The six sums of the cells, (6, m).
    declared
        The indicator.
    stratum
        Case-mix stratum of each cell, (m,); None where cells carry no need.
    need_model
        Its words.

    Notes
    -----
    Indirect standardisation: each place is comparable with the region, not with another place.
    """
    size = len(places)
    of_place = np.stack([np.bincount(place, row, size) for row in sums]).astype(np.float64)
    _, error_crude = _expected(place, np.zeros(len(place), np.int64), sums, declared, size)
    target = float(divide(of_place[2].sum(), of_place[1].sum())) * declared.scale
    crude = interval_of(of_place, declared)
    nothing = np.full(size, np.nan)
    if stratum is None or not need_model or len(np.unique(stratum)) < 2:
        empty = Estimate(nothing, nothing, nothing, nothing, "indirect")
        return PlaceValues(
            places, of_place, crude, empty, nothing, target, error_crude, nothing, ""
        )
    expected, error = _expected(place, stratum, sums, declared, size)
    factor = divide(target, expected)
    std = replace(
        crude,
        value=crude.value * factor,
        lower=crude.lower * factor,
        upper=crude.upper * factor,
        standard_error=crude.standard_error * factor,
        method="indirect",
    )
    return PlaceValues(
        places, of_place, crude, std, expected, target, error_crude, error, need_model
    )


def unit_values(cells: pa.Table, declared: Declaration) -> PlaceValues | None:
    """Return the values of the clusters of ``one_way`` cells of one period, dimension total."""
    held = next(iter(slices(cells)), None)
    if held is None:
        return None
    names = tuple(sorted(set(cells["cluster_key"].to_pylist())))
    stratum, words = _case_mix(held, declared)
    return place_values(names, held.cluster, held.sums, declared, stratum, words)


def area_values(cells: pa.Table, declared: Declaration) -> PlaceValues | None:
    """Return the values of the places of ``by_place`` cells of one kind of place: no case-mix."""
    if cells.num_rows == 0:
        return None
    names, place = np.unique(np.array(cells["geography_code"].to_pylist()), return_inverse=True)
    sums = np.stack([np.asarray(cells[name].to_numpy(), np.float64) for name in SUMS])
    return place_values(tuple(names.tolist()), place.astype(np.int64), sums, declared)


def _case_mix(held: Slice, declared: Declaration) -> tuple[IntArray, str]:
    """Return the case-mix stratum of each cell and what it is made of; constant codes drop out."""
    # a ratio of observed to expected has its need in the expected number
    if declared.population_base in {"calls", "areas"} or declared.kind == "ratio":
        return np.zeros(len(held.level), np.int64), ""
    codes = {"age": STANDARD_BAND[held.age], "sex": held.sex, "morbidity": held.morbidity}
    widths = {"age": BANDS, "sex": 2, "morbidity": len(MORBIDITIES)}
    made, words = np.zeros(len(held.level), np.int64), []
    for name in CASE_MIX.get(declared.adjusters, ALL_NEED):
        if len(codes[name]) and (codes[name] != codes[name][0]).any():
            made = made * widths[name] + codes[name]
            words.append(name)
    return made, "+".join(words)


def _expected(
    place: IntArray, stratum: IntArray, sums: FloatArray, declared: Declaration, size: int
) -> tuple[FloatArray, FloatArray]:
    """Return the expected value of each place and the chance error of its standardised value.

    Shares vary by the binomial of each stratum, counts of events by Poisson's, costs, days and
    means by the spread of rows within strata.
    """
    found, at = np.unique(stratum, return_inverse=True)
    n, d, s, ss, sd, dd = (np.bincount(at, row, len(found)).astype(np.float64) for row in sums)
    rate = np.nan_to_num(divide(s, d))
    table = np.bincount(place * len(found) + at, sums[1], size * len(found)).reshape(size, -1)
    expected = table @ rate
    if declared.is_proportion:
        chance = table @ (rate * np.maximum(1 - rate, 0))
    elif declared.counts_events:
        chance = expected
    else:
        spread = float(divide(residual_squares(rate, ss, sd, dd).sum(), n.sum()))
        chance = (np.bincount(place, sums[0], size) * spread).astype(np.float64)
    target = float(divide(s.sum(), d.sum()))
    mean = divide(expected, table.sum(axis=1))
    error = target * divide(np.sqrt(chance), expected)
    return mean * declared.scale, error * declared.scale
