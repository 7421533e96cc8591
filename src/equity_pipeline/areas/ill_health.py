"""Ill health of areas as if all had people of the same ages: direct standardisation of shares.

The same rule as ``int_area__health``, in plain Python, which the model is held against.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equity_pipeline.errors import MethodError

# Areas with the same rates must have the same number, whatever the order of adding.
DECIMALS = 12


def age_standardised(
    n_ill: Sequence[Sequence[float | None]], population: Sequence[Sequence[float]]
) -> tuple[float | None, ...]:
    """Return each area's share in ill health at the ages of all areas together.

    Parameters
    ----------
    n_ill
        Persons in ill health: a row an area, a column an age group; None where not published.
    population
        All persons of the same areas and ages.

    Returns
    -------
    One number an area; None where a count is missing. Where nobody of an age lives in an area,
    the rate of all areas at that age stands in.

    Raises
    ------
    MethodError
        If shapes differ, a population is below 0, or nobody lives in the areas.

    References
    ----------
    Fleiss JL, Levin B, Paik MC (2003), Statistical Methods for Rates and Proportions, ch. 19.

    Examples
    --------
    The same rates by age in a young and an old area:

    >>> age_standardised([[9, 6], [3, 42]], [[90, 10], [30, 70]])
    (0.3, 0.3)
    """
    people = np.asarray(population, dtype=float)
    ill = np.array([[np.nan if n is None else n for n in row] for row in n_ill], dtype=float)
    standard = people.sum(axis=0) if people.ndim == 2 else np.zeros(0)
    if ill.shape != people.shape or (people < 0).any() or not standard.sum() > 0:
        raise MethodError(
            "Each area needs one count and one population for every age, and people.",
            where="age_standardised",
        )
    used, known = standard > 0, ~np.isnan(ill)
    held = np.where(known, people, 0).sum(axis=0)
    common = np.divide(
        np.nansum(ill, axis=0), held, out=np.full(held.shape, np.nan), where=held > 0
    )
    rates = np.where(people > 0, ill / np.where(people > 0, people, 1), common)
    values = rates[:, used] @ standard[used] / standard.sum()
    return tuple(None if np.isnan(one) else float(round(one, DECIMALS)) for one in values)
