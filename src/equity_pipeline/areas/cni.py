"""Care Need Index: expected need of primary care, from seven counts of the people listed.

A measure of need for describing units and for reimbursement. It is made of the very groups whose
care is compared, so it is never adjusted for (``[never_adjust]`` of the vocabulary).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.errors import MethodError
from equity_pipeline.vocabulary import Label

Counts = Mapping[str, Sequence[float | None]]
_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Item:
    """One of the seven groups: its weight and its words."""

    name: str
    weight: float
    label: Label


@dataclass(frozen=True, slots=True)
class CareNeed:
    """The index of each unit or area, in the order given.

    ``values`` and ``weighted_sums`` are None where the index cannot be computed, and
    ``reasons`` says why; ``reference_mean`` is the weighted sum per person that makes 1.
    """

    values: tuple[float | None, ...]
    weighted_sums: tuple[float | None, ...]
    reasons: tuple[str | None, ...]
    reference_mean: float


@cache
def cni_items() -> Mapping[str, Item]:
    """Return the seven items by name, with the weight of each.

    Examples
    --------
    >>> sum(item.weight for item in cni_items().values())
    32.58
    """
    text = resources.files("equity_pipeline.areas").joinpath("cni.toml").read_text("utf-8")
    items = tomllib.loads(text)["items"]
    return MappingProxyType(
        {
            name: Item(name, float(one["weight"]), Label(one["sv"], one["en"], order))
            for order, (name, one) in enumerate(items.items(), start=1)
        }
    )


def reference_mean(counts: Counts, population: Sequence[float | None]) -> float:
    """Return the weighted sum per person of all units together: what makes an index of 1.

    Units that lack an item or a population are left out, with their people.

    Raises
    ------
    MethodError
        If no unit has all seven items, or the counts are not those of the index.

    Examples
    --------
    >>> counts = {name: [10, 30] for name in cni_items()}
    >>> round(reference_mean(counts, [100, 300]), 3)
    3.258
    """
    sums, people, reasons = _weighted(counts, population)
    kept = np.array([reason is None for reason in reasons], dtype=bool)
    total = float(people[kept].sum())
    mean = float(sums[kept].sum()) / total if total else math.nan
    if not mean > 0:
        raise MethodError(
            "No unit has the seven items and a population, so there is no reference.",
            where="reference_mean",
            mend="deliver the items for the region or the country, or declare the reference mean",
        )
    return mean


def care_need_index(
    counts: Counts,
    population: Sequence[float | None],
    *,
    reference: float | None = None,
) -> CareNeed:
    """Return the Care Need Index of every unit or area: 1 is the need of the reference.

    Parameters
    ----------
    counts
        Persons in each of the seven items, by the item's name; one number a unit, None where it
        is not known. Published counts may carry noise: they are taken as they are, also below 0.
    population
        All persons of each unit, in the same order.
    reference
        Weighted sum per person of the reference population (see :func:`reference_mean`);
        None takes all given units together.

    Raises
    ------
    MethodError
        If an item is missing or unknown, lengths differ, a number is infinite or the reference
        is not above 0.

    References
    ----------
    Sundquist K, Malmström M, Johansson SE, Sundquist J (2003), Care Need Index, a useful tool
    for the distribution of primary health care resources, doi:10.1136/jech.57.5.347.

    Examples
    --------
    >>> counts = dict(zip(cni_items(), [[595], [1391], [484], [167], [385], [981], [632]]))
    >>> need = care_need_index(counts, [5912], reference=2.47614)
    >>> round(need.values[0], 4), round(need.weighted_sums[0], 2)
    (1.5513, 22709.42)
    """
    sums, people, reasons = _weighted(counts, population)
    mean = reference_mean(counts, population) if reference is None else reference
    if not (math.isfinite(mean) and mean > 0):
        raise MethodError("The reference mean must be above 0.", where="reference")
    pairs = zip(sums, people, reasons, strict=True)
    values = tuple(
        None if reason else float(one / persons / mean) for one, persons, reason in pairs
    )
    shown = tuple(None if why else float(one) for one, why in zip(sums, reasons, strict=True))
    return CareNeed(values, shown, reasons, mean)


def _weighted(
    counts: Counts, population: Sequence[float | None]
) -> tuple[_Array, _Array, tuple[str | None, ...]]:
    """Return weighted sums, populations, and why a unit has no index."""
    _same_items(counts)
    people = _numbers(population, "population")
    columns = {name: _numbers(counts[name], name) for name in cni_items()}
    if any(column.shape != people.shape for column in columns.values()):
        raise MethodError("Each unit needs one count of every item.", where="care_need_index")
    stacked = np.stack(list(columns.values()))
    weights = np.array([item.weight for item in cni_items().values()])
    reasons = [_reason(columns, people, unit) for unit in range(people.size)]
    return weights @ np.nan_to_num(stacked), people, tuple(reasons)


def _reason(columns: Mapping[str, _Array], people: _Array, unit: int) -> str | None:
    missing = [name for name, column in columns.items() if math.isnan(column[unit])]
    if missing:
        return f"missing_items: {', '.join(missing)}"
    return None if people[unit] > 0 else "no_population"


def _same_items(counts: Iterable[str]) -> None:
    given, known = set(counts), set(cni_items())
    if given != known:
        told = [f"missing {name}" for name in sorted(known - given)]
        told += [f"unknown {name}" for name in sorted(given - known)]
        raise MethodError(
            f"The counts are not those of the seven items: {'; '.join(told)}.",
            where="care_need_index",
            mend="name the items as in cni.toml; an item nobody counted is a list of None",
        )


def _numbers(values: Sequence[float | None], name: str) -> _Array:
    try:
        numbers = np.array([np.nan if one is None else one for one in values], dtype=np.float64)
    except (TypeError, ValueError):
        raise MethodError("A count is not a number.", where=name) from None
    if numbers.ndim != 1 or np.isinf(numbers).any():
        raise MethodError("Counts are finite numbers, one a unit.", where=name)
    return numbers
