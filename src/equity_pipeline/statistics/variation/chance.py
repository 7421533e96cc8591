"""What pure chance makes of variation between units of these sizes, and what the truth may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    critical,
    require,
)
from equity_pipeline.statistics.reading import above_zero, numbers
from equity_pipeline.statistics.variation.shrinkage import PoissonGamma
from equity_pipeline.statistics.variation.systematic import (
    Quotient,
    component_terms,
    counted,
    quotient,
)

Measure = Literal["diehr", "log", "extremes", "percentiles", "shares"]
MEASURES = ("diehr", "log", "extremes", "percentiles", "shares")
BLOCK = 4_000_000  # counts drawn at a time, so that memory stays small


def chance_band(
    expected: ArrayLike,
    *,
    measure: Measure,
    draws: int,
    seed: int,
    share: float = 0.2,
    scale: float = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """Return where a measure of variation lies when units truly do not differ at all.

    Parameters
    ----------
    expected
        Expected events of each unit, on the last axis; 0 or NaN leaves a unit out.
    measure
        ``"diehr"`` or ``"log"``: the raw systematic component (which chance makes negative as
        often as not); ``"extremes"``, ``"percentiles"`` or ``"shares"``: quotients of the ratios.
    draws, seed
        How many sets of Poisson counts are drawn, at least 100, and from which seed. The order
        of units does not matter.
    share, scale
        As :func:`~equity_pipeline.statistics.variation.systematic.quotient` and
        :func:`~equity_pipeline.statistics.variation.systematic.systematic_variation`.
    confidence
        Coverage of the band, between 0 and 1.

    Returns
    -------
    Estimate
        ``value`` is the median; draws in which the measure has no value (a unit without events
        under ``"log"`` or ``"extremes"``) are left out, and told by a caution.

    Raises
    ------
    MethodError
        If expected events are negative, or draws or a choice impossible.

    References
    ----------
    Diehr P, Cain K, Connell F, Volinn E (1990), Health Services Research 24:741-771.

    Examples
    --------
    >>> band = chance_band([20.0] * 30, measure="extremes", draws=1000, seed=2024)
    >>> band.value.round(1), band.upper.round(1), band.method
    (np.float64(2.5), np.float64(3.9), 'chance_extremes_1000_seed_2024')
    """
    sizes = np.sort(numbers(expected, where="chance_band"), axis=-1)
    _, e = counted(np.zeros_like(sizes), sizes, where="chance_band")
    above_zero(scale, where="chance_band, scale")
    require(
        measure in MEASURES and bool((~np.isnan(e)).any()),
        "The measure of variation is unknown, or no unit has events to expect.",
        where="chance_band",
        mend=f"give one of {', '.join(MEASURES)}",
    )

    def measured(rng: np.random.Generator, times: int) -> FloatArray:
        drawn = rng.poisson(np.nan_to_num(e), (times, *e.shape)).astype(np.float64)
        drawn = np.where(np.isnan(e), np.nan, drawn)
        if measure != "diehr" and measure != "log":
            return quotient(drawn / e, form=measure, share=share)
        terms = component_terms(drawn, np.broadcast_to(e, drawn.shape), measure)
        undefined = (np.isnan(terms) & ~np.isnan(e)).any(axis=-1)
        count = (~np.isnan(e)).sum(axis=-1)
        return np.where(undefined, np.nan, scale * np.nansum(terms, axis=-1) / count)

    method = f"chance_{measure}_{draws}_seed_{seed}"
    return _summary(measured, e.size, draws, seed, confidence, method)


def posterior_quotient(
    fitted: PoissonGamma,
    *,
    form: Quotient,
    draws: int,
    seed: int,
    share: float = 0.2,
    confidence: float = 0.95,
) -> Estimate:
    """Return how many times higher high units truly lie than low ones, with limits.

    True ratios are drawn from each unit's posterior, so that neither chance in the counts (as in
    raw quotients) nor the drawing in of the means (as in shrunken ones) makes the answer.

    Parameters
    ----------
    fitted
        From :func:`~equity_pipeline.statistics.variation.shrinkage.poisson_gamma` or its kin.
    form, share
        As :func:`~equity_pipeline.statistics.variation.systematic.quotient`.
    draws, seed
        At least 100 draws.
    confidence
        Coverage, between 0 and 1, given the fitted prior.

    Returns
    -------
    Estimate
        ``value`` is the median. NaN where the prior has no spread.

    Raises
    ------
    MethodError
        If draws or a choice are impossible.

    References
    ----------
    Louis TA, Shen W (1999), Statistics in Medicine 18:2493-2505.

    Examples
    --------
    >>> from equity_pipeline.statistics.variation.shrinkage import poisson_gamma
    >>> fitted = poisson_gamma([30, 18, 12, 24, 4], [20, 20, 20, 20, 5])
    >>> true = posterior_quotient(fitted, form="extremes", draws=1000, seed=2024)
    >>> bool(true.lower < true.value < true.upper), true.method
    (True, 'posterior_extremes_1000_seed_2024')
    """
    shape = fitted.own * fitted.shrunken.n + np.expand_dims(fitted.shape, -1)
    rate = fitted.shrunken.n + np.expand_dims(fitted.rate, -1)
    order = np.lexsort((shape, rate), axis=-1)
    shape, rate = (np.take_along_axis(part, order, axis=-1) for part in (shape, rate))
    missing = np.isnan(shape) | np.isnan(rate)

    def measured(rng: np.random.Generator, times: int) -> FloatArray:
        drawn = rng.standard_gamma(np.where(missing, 1.0, shape), (times, *shape.shape))
        return quotient(np.where(missing, np.nan, drawn / rate), form=form, share=share)

    method = f"posterior_{form}_{draws}_seed_{seed}"
    return _summary(measured, shape.size, draws, seed, confidence, method)


def _summary(
    measured: Callable[[np.random.Generator, int], FloatArray],
    size: int,
    draws: int,
    seed: int,
    confidence: float,
    method: str,
) -> Estimate:
    """Return median, limits and spread of a measure over seeded draws, drawn block by block."""
    critical(confidence)
    require(
        draws >= 100,
        "So few draws have no limits.",
        where=method.split("_")[0],
        mend="give at least 100 draws; 1000 settle the first digits",
    )
    rng = np.random.default_rng(seed)
    block = max(1, BLOCK // max(size, 1))
    times = [min(block, draws - done) for done in range(0, draws, block)]
    found = np.concatenate([measured(rng, some) for some in times])
    lost = np.isnan(found)
    told = np.where(lost.all(axis=0), 0.0, found)
    tail = (1 - confidence) / 2
    lower, value, upper = (
        np.where(lost.all(axis=0), np.nan, part)
        for part in np.nanquantile(told, (tail, 0.5, 1 - tail), axis=0)
    )
    error = np.where(np.isnan(value), np.nan, np.nanstd(told, axis=0, ddof=1))
    made = Estimate(value, lower, upper, error, method)
    return made.warned(Caution.SEEDED).warned(Caution.LEFT_OUT, lost.any(axis=0))
