"""How many decimals a published value bears; its interval gets the same."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equity_pipeline.disclosure.propagate import numbers_of
from equity_pipeline.disclosure.rules import EXEMPT_KINDS, PROPORTION, RATE
from equity_pipeline.vocabulary import vocabulary

Tier = Literal["extract", "open", "unit"]

BEARS_MORE_FROM = 4000  # a tenth of a per cent of fewer persons is less than four of them
AS_IT_IS = 99
NOTHING: Mapping[str, NDArray[np.int64]] = MappingProxyType({})
# units of which one is the whole, and units that have figures as a rate has; of others the decimals
# in the vocabulary are few enough for any number of persons
OF_ONE = ("share", "index", "share per year")
OF_FIGURES = ("ratio", "SEK", "SEK per effect", "per 1000", "count", "days")


def decimals(
    kinds: list[str], size: NDArray[np.float64], n: NDArray[np.float64], tier: Tier = "extract"
) -> NDArray[np.int64]:
    """Return the decimals that each row's values bear.

    Parameters
    ----------
    kinds
        The kind of each row's indicator; figures that are exempt keep all their decimals.
    size
        The row's value in its unit; the leading digit of a rate or mean is taken from it.
    n
        The smallest denominator behind the row; NaN counts as small.
    tier
        ``extract``, or ``open`` with one decimal less; the numbers stand in the vocabulary.

    Examples
    --------
    >>> kinds, n = ["proportion", "proportion", "rate", "area_mean"], [500, 5000, 500, 500]
    >>> decimals(kinds, np.array([0.8, 0.8, 14532.1, 3.0]), np.array(n, float)).tolist()
    [3, 4, -1, 99]
    """
    more = np.where(n >= BEARS_MORE_FROM, 1, 0)
    is_share = np.array([kind == PROPORTION for kind in kinds], bool)
    is_exempt = np.array([kind in EXEMPT_KINDS for kind in kinds], bool)
    known = np.where(np.isfinite(size) & (size != 0), np.abs(size), 1.0)
    leading = np.floor(np.log10(known)).astype(np.int64)
    held = vocabulary().tiers[tier]
    shares, figures = held.share_decimals or 0, held.significant or 0
    digits = np.where(is_share, shares, figures - 1 - leading) + more
    return np.where(is_exempt, AS_IT_IS, digits)


def rounded(
    form: str,
    data: pa.Table,
    digits: NDArray[np.int64],
    n: NDArray[np.float64] | None = None,
    tier: Tier = "extract",
    own: Mapping[str, NDArray[np.int64]] = NOTHING,
) -> pa.Table:
    """Return the table with values as rounded as they bear; counts are what the tier makes them.

    Parameters
    ----------
    form
        The table's form.
    data
        Its rows.
    digits
        Decimals of each row's values in the unit, from `decimals`.
    n
        The smallest denominator behind each row, from which other shares, ratios and sums have
        their decimals; never more than the vocabulary gives them. None where persons are not
        behind the form, or only behind figures that are published already.
    tier
        Whose decimals.
    own
        Decimals of the columns that are one group's value: the same wherever the group stands.
    """
    columns, in_unit = vocabulary().columns, vocabulary().forms[form].door.in_unit
    of_persons = numbers_of(form)
    for name in data.column_names:
        fixed = columns[name].decimals
        if name in in_unit:
            of_value = own.get(_value_of(name, data), digits)
            data = _with(data, name, _round(_floats(data, name), of_value))
        elif fixed is not None:
            values = _floats(data, name)
            at_most = np.full(len(values), fixed, np.int64)
            if n is not None and name in of_persons:
                size = _floats(data, _value_of(name, data))
                borne = borne_by(columns[name].unit, size, n, tier)
                at_most = np.where(digits == AS_IT_IS, fixed, np.minimum(fixed, borne))
            data = _with(data, name, _round(values, at_most))
    return data


def borne_by(
    unit: str, size: NDArray[np.float64], n: NDArray[np.float64], tier: Tier = "extract"
) -> NDArray[np.int64]:
    """Return the decimals that values of a unit other than the indicator's bear.

    Examples
    --------
    >>> n = np.array([500.0, 5000.0])
    >>> borne_by("share", np.array([0.3005, 0.3005]), n).tolist()
    [3, 4]
    >>> borne_by("SEK", np.array([14830123.0, 14830123.0]), n).tolist()
    [-4, -3]
    >>> borne_by("variance", np.array([0.01, 0.01]), n).tolist()
    [99, 99]
    """
    if unit in OF_ONE:
        return decimals([PROPORTION] * len(size), size, n, tier)
    if unit in OF_FIGURES:
        return decimals([RATE] * len(size), size, n, tier)
    return np.full(len(size), AS_IT_IS)


def _value_of(name: str, data: pa.Table) -> str:
    """Return the column of which another is a limit, or the column itself."""
    stem = name.removesuffix("_lower").removesuffix("_upper")
    return stem if stem in data.column_names else name


def to_step(counts: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    """Return counts rounded to the nearest multiple of a step.

    Examples
    --------
    >>> to_step(np.array([7.0, 8.0, 0.0]), 5).tolist()
    [5.0, 10.0, 0.0]
    """
    return np.asarray(step * np.round(counts / step))


def _round(values: NDArray[np.float64], digits: NDArray[np.int64]) -> NDArray[np.float64]:
    made = values.copy()
    for places in np.unique(digits):
        if places != AS_IT_IS:
            made = np.where(digits == places, np.round(values, int(places)), made)
    return made + 0.0  # no minus zero


def _floats(data: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(data[name].to_pandas(), dtype=np.float64)


def _with(data: pa.Table, name: str, values: NDArray[np.float64]) -> pa.Table:
    place = data.schema.get_field_index(name)
    field = data.schema.field(name)
    return data.set_column(place, field, pa.array(values, from_pandas=True).cast(field.type))
