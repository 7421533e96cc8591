"""What a tier has of a form; in the open tier every number rests on rounded counts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_pipeline.disclosure.propagate import emptied, numbers_of
from equity_pipeline.disclosure.rounding import BEARS_MORE_FROM, Tier, to_step
from equity_pipeline.disclosure.rules import PROPORTION
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.vocabulary import Reckoned, TierForm, vocabulary

EVERYTHING = ("*",)
# shares of counts, and values that no count of ours is behind
SHARES = (PROPORTION, "calls")
PUBLIC = ("area_mean", "published")
METHOD = "ci_method"
PLACE, KIND_OF_PLACE, REGION = "geography_code", "geography_level", "region"


def has_form(tier: Tier, form: str) -> bool:
    """Return whether a tier has a form.

    Examples
    --------
    >>> has_form("extract", "gap"), has_form("open", "gap")
    (True, False)
    """
    forms = vocabulary().tiers[tier].forms
    return forms is None or form in forms


def narrowed(tier: Tier, form: str, data: pa.Table, kinds: Sequence[str] = ()) -> pa.Table:
    """Return what a tier has of a form: the counts it names, and shares reckoned anew from them.

    Parameters
    ----------
    data
        Rows in which all that must be hidden is empty.
    kinds
        The kind of each row's indicator; none where the form has no indicators.

    Notes
    -----
    Shares have Wilson's interval of the rounded counts, without regard to clusters. Values of
    published figures have no count behind them and stay as they are.
    """
    forms = vocabulary().tiers[tier].forms
    if forms is None or forms[form].numbers == EVERYTHING:
        return data
    held = forms[form]
    public = np.array([kind in PUBLIC for kind in kinds], bool)
    public = public if kinds else np.zeros(data.num_rows, bool)
    made = _counts(form, data, held, public, vocabulary().tiers[tier].count_step)
    shares = np.array([kind in SHARES for kind in kinds], bool) if kinds else ~public
    for name, one in held.shares.items():
        given = ~np.isnan(_floats(data, name)) & shares
        made = _reckoned(made, name, one, given, vocabulary().tiers[tier].share_decimals or 0)
    return made


def _counts(
    form: str, data: pa.Table, held: TierForm, public: NDArray[np.bool_], step: int
) -> pa.Table:
    numbers = [one for one in numbers_of(form) if one not in held.numbers]
    data = emptied(data, numbers, ~public)
    for name in held.numbers:
        data = _with(data, name, to_step(_floats(data, name), step))
    return data


def _reckoned(
    data: pa.Table, name: str, one: Reckoned, given: NDArray[np.bool_], decimals: int
) -> pa.Table:
    """Return the rows with one share of their rounded counts, where it was given before."""
    part, whole = _floats(data, one.part), _floats(data, one.whole)
    can = given & (whole > 0) & (part <= whole)
    found = proportion(np.where(can, part, 0.0), np.where(can, whole, 1.0))
    more = np.where(whole >= BEARS_MORE_FROM, 1, 0)
    for end, values in (("", found.value), ("_lower", found.lower), ("_upper", found.upper)):
        if name + end in data.column_names:
            fine, coarse = np.round(values, decimals + 1), np.round(values, decimals)
            told = np.where(more > 0, fine, coarse)
            data = _with(data, name + end, np.where(can, told, _floats(data, name + end)))
    if METHOD in data.column_names:
        words = np.where(can, "wilson", np.array(data[METHOD].to_pylist(), dtype=object))
        place = data.schema.get_field_index(METHOD)
        data = data.set_column(place, data.schema.field(METHOD), pa.array(words, pa.string()))
    return data


def _floats(data: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(data[name].to_pandas(), dtype=np.float64)


def _with(data: pa.Table, name: str, values: NDArray[np.float64]) -> pa.Table:
    place = data.schema.get_field_index(name)
    field = data.schema.field(name)
    return data.set_column(place, field, pa.array(values, from_pandas=True).cast(field.type))


def recomputed(tier: Tier, form: str) -> Mapping[str, Reckoned]:
    """Return the shares of a form that a tier reckons anew from rounded counts.

    Examples
    --------
    >>> recomputed("open", "stratified")["value_crude"].part
    'n_numerator'
    """
    forms = vocabulary().tiers[tier].forms
    return {} if forms is None else forms[form].shares


def referred_to(
    form: str, own: pa.Table, units: Sequence[str], common: pa.Table
) -> tuple[pa.Table, list[str]]:
    """Return the region's rows that the units' rows are read against, and the unit of each.

    A row of the region stands beside that of a unit with the same key but for the place.

    Parameters
    ----------
    own, units
        Rows of units, and the unit that each is of.
    common
        The form's rows that everybody sees.
    """
    key = [name for name in vocabulary().forms[form].key if name not in (PLACE, KIND_OF_PLACE)]
    region = common.filter(pc.equal(common[KIND_OF_PLACE], REGION))
    wanted = own.select(key).to_pandas().assign(unit=list(units)).drop_duplicates()
    held = region.select(key).to_pandas().assign(row=np.arange(region.num_rows))
    found = wanted.merge(held, "inner", key).sort_values(["unit", "row"], kind="stable")
    return region.take(pa.array(found["row"].to_numpy())), found["unit"].tolist()
