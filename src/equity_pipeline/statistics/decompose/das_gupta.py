"""Das Gupta: composition split into one part for each of several crossed factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.decompose.group_cells import (
    GroupCells,
    Part,
    stacked,
    sum_parts,
)
from equity_pipeline.statistics.decompose.kitagawa import split
from equity_pipeline.statistics.decompose.standard_table import order_share, read_table
from equity_pipeline.statistics.estimate import Caution, Estimate, require

ComplexArray = NDArray[np.complex128]
STEP = 1e-30  # imaginary, so that derivatives come without any rounding


@dataclass(frozen=True, slots=True)
class DasGupta:
    """``gap = sum of composition + rate + only_focus + only_reference``.

    Attributes
    ----------
    gap, rate, only_focus, only_reference
        As in :class:`Kitagawa`, (...).
    composition
        What goes with each factor's distribution, (..., F).
    """

    gap: Estimate
    composition: Estimate
    rate: Estimate
    only_focus: Estimate
    only_reference: Estimate


def das_gupta(
    people: ArrayLike,
    value: ArrayLike,
    *,
    factors: int,
    variance: ArrayLike | None = None,
    confidence: float = 0.95,
) -> DasGupta:
    """Return gaps of two groups, split into the composition by each factor and the rates.

    A cell's share is a product of one number for each factor - the mean over all orders of its
    conditional shares - and these numbers and the rates are exchanged between the groups in
    all orders, so that neither an order nor a standard is chosen.

    Parameters
    ----------
    people, value
        People and their mean value, (..., 2, L1, ..., LF): focus and reference group, by the
        levels of F factors. Many gaps are made at once along the leading axes.
    factors
        How many of the last axes are factors.
    variance
        Of the values; None: the values are shares, of variance p (1 - p) / n.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    DasGupta
        Parts add up exactly. Cells that only one group has stand apart, as in :func:`kitagawa`;
        errors as there.

    Raises
    ------
    MethodError
        If counts are negative, shares outside 0 to 1, or shapes do not go together.

    References
    ----------
    Das Gupta P (1993), Standardization and Decomposition of Rates, US Bureau of the Census P23-186.

    Examples
    --------
    >>> parts = das_gupta(
    ...     [[[900, 300], [500, 500]], [[600, 150], [900, 350]]],
    ...     [[[0.78, 0.70], [0.82, 0.76]], [[0.86, 0.80], [0.90, 0.85]]],
    ...     factors=2,
    ... )
    >>> parts.composition.value.round(6), round(float(parts.rate.value), 6)
    (array([-0.006659, -0.007418]), -0.084037)
    """
    require(
        factors > 0,
        "There is no factor.",
        where="das_gupta",
        mend="give how many of the last axes are factors",
    )
    table = read_table(people, value, variance, None, factors, "das_gupta")
    cells, shape = table.cells, table.people.shape
    gap, composition, _, focus, reference = split(cells)
    parts = _parts(cells, shape, factors)
    # what rounding leaves goes to the rate, so that the parts add up to the last digit
    rate = gap - focus - reference - sum_parts(parts)
    known = np.isfinite(composition.value)
    made = cells.estimates(
        [gap, rate, focus, reference, *parts], method="das_gupta_delta", confidence=confidence
    )
    alone = ((cells.people > 0).sum(axis=-2) == 1).any(axis=-1)
    first, rates, *others = made
    by_factor = [one.where(known).warned(Caution.LEFT_OUT, alone) for one in others[2:]]
    return DasGupta(
        gap=first,
        composition=stacked(by_factor),
        rate=rates.where(known).warned(Caution.LEFT_OUT, alone),
        only_focus=others[0],
        only_reference=others[1],
    )


def _parts(cells: GroupCells, shape: tuple[int, ...], factors: int) -> list[Part]:
    """Return each factor's part with its derivatives by every cell's people and value."""
    held = (cells.people > 0).all(axis=-2, keepdims=True) & (cells.people > 0)
    people = (cells.people * held).astype(np.complex128)
    value = cells.value.astype(np.complex128)
    made = _composition(people, value, held, shape, factors)
    by_people = np.zeros((factors, *cells.people.shape))
    by_value = np.zeros_like(by_people)
    for place in np.ndindex(cells.people.shape[-2:]):
        step = np.zeros(cells.people.shape, dtype=np.complex128)
        step[..., *place] = 1j * STEP
        step *= held
        moved = _composition(people + step, value, held, shape, factors)
        by_people[..., *place] = np.imag(moved) / STEP
        moved = _composition(people, value + step, held, shape, factors)
        by_value[..., *place] = np.imag(moved) / STEP
    return [Part(np.real(made[k]), by_people[k], by_value[k]) for k in range(factors)]


def _composition(
    people: ComplexArray,
    value: ComplexArray,
    held: NDArray[np.bool_],
    shape: tuple[int, ...],
    factors: int,
) -> ComplexArray:
    """Return the parts of the factors (F, ...)."""
    table = people.reshape(shape)
    share = _factor_shares(table, held.reshape(shape), factors)
    rate = value.reshape(shape)
    axis = -1 - factors
    sides = [[np.take(one, side, axis=axis) for side in (0, 1)] for one in [*share, rate]]
    across = tuple(range(-factors, 0))

    def total(exchanged: frozenset[int]) -> ComplexArray:
        made = np.ones((), dtype=np.complex128)
        for number, both in enumerate(sides):
            made = made * both[0 if number in exchanged else 1]
        return np.asarray(made.sum(axis=across))

    players = factors + 1
    totals = {chosen: total(chosen) for chosen in _subsets(players)}
    return np.stack(
        [
            sum(
                (totals[s | {k}] - totals[s]) * order_share(len(s), players)
                for s in totals
                if k not in s
            )
            for k in range(factors)
        ]
    )


def _factor_shares(
    table: ComplexArray, held: NDArray[np.bool_], factors: int
) -> list[ComplexArray]:
    """Return each factor's number in every cell; their product is the cell's share."""
    margins: dict[frozenset[int], ComplexArray] = {}
    whole = table.sum(axis=tuple(range(-factors, 0)), keepdims=True)
    for chosen in _subsets(factors):
        axes = tuple(k - factors for k in range(factors) if k not in chosen)
        margin = table.sum(axis=axes, keepdims=True) if axes else table
        with np.errstate(divide="ignore", invalid="ignore"):
            margins[chosen] = np.log(np.where(held, margin / whole, 1.0))
    made = []
    for k in range(factors):
        logs = sum(
            (margins[s | {k}] - margins[s]) * order_share(len(s), factors)
            for s in margins
            if k not in s
        )
        made.append(np.where(held, np.exp(logs), 0.0))
    return made


def _subsets(size: int) -> Iterator[frozenset[int]]:
    for count in range(size + 1):
        for chosen in combinations(range(size), count):
            yield frozenset(chosen)
