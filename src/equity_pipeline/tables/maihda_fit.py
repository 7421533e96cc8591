"""The intersectional model of one indicator's strata, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.errors import MethodError
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.maihda import Maihda, auc, maihda
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.tables.cells import FloatArray
from equity_pipeline.tables.strata import Crossed, centred

FEWEST_DIMENSIONS = 2


@dataclass(frozen=True, slots=True)
class Fitted:
    """A settled model with values in the indicator's unit, (G,) by stratum.

    ``value`` is as counted; ``total`` is shrunken towards ``main``, the main effects alone;
    ``interaction`` is their difference with the limits of the interaction alone.
    """

    model: Maihda
    value: FloatArray
    total: Estimate
    main: Estimate
    interaction: Estimate
    auc_age_sex: float


def family_of(declared: Declaration) -> Family:
    """Return the model's family: shares, counts of events, or amounts.

    Examples
    --------
    >>> from equity_pipeline.indicators.catalogue import load_catalogue
    >>> held = load_catalogue()
    >>> [family_of(held[one]).value for one in ("VT01", "BR19", "TG05", "VT03", "KO04")]
    ['binomial', 'poisson', 'poisson', 'gaussian', 'gaussian']
    """
    if declared.is_proportion:
        return Family.BINOMIAL
    counted = declared.numerator.sum is None or declared.numerator.sum.startswith("n_")
    return Family.POISSON if declared.kind == "rate" and counted else Family.GAUSSIAN


def fit(strata: Crossed, declared: Declaration, *, smallest: int) -> Fitted | str:
    """Return the model of the strata, or the code of the reason why there is none.

    Parameters
    ----------
    strata
        The indicator's strata.
    declared
        The indicator.
    smallest
        Persons that a stratum must hold to be published; a model of none such is not told.
    """
    family = family_of(declared)
    reason = _refused(strata, family, smallest)
    if reason is not None:
        return reason
    try:
        return _fitted(strata, declared, family)
    except (MethodError, np.linalg.LinAlgError):
        return "not_settled"


def _refused(strata: Crossed, family: Family, smallest: int) -> str | None:
    if strata.sums.shape[1] == 0:
        return "no_strata"
    if len(strata.dimensions) < FEWEST_DIMENSIONS:
        return "one_dimension"
    if (strata.persons[0] < smallest).all():
        return "few_persons"
    effects = sum(len(np.unique(code)) - 1 for code in strata.codes.T)
    if strata.sums.shape[1] <= effects + 1:
        return "few_strata"
    if family is not Family.GAUSSIAN and _without_events(strata, family):
        return "level_without_events"
    return None


def _without_events(strata: Crossed, family: Family) -> bool:
    """Whether some level of a dimension has no events, or of shares nothing else."""
    _, d, s, *_ = strata.sums
    for code in strata.codes.T:
        events, people = np.bincount(code, s), np.bincount(code, d)
        others = people - events if family is Family.BINOMIAL else people
        if min(events.min(), others.min()) <= 0:
            return True
    return False


def _fitted(strata: Crossed, declared: Declaration, family: Family) -> Fitted:
    n, d, s, *_ = strata.sums
    scale, shift = np.full(len(n), declared.scale), 0.0
    if family is Family.GAUSSIAN:
        total, squares, ratio = centred(strata)
        model = maihda(total, n, strata.codes, family=family, squares=squares)
        scale, shift = declared.scale * n / d, declared.scale * ratio
    else:
        model = maihda(s, d, strata.codes, family=family)
    return Fitted(
        model,
        declared.scale * s / d,
        _moved(model.predicted, scale, shift),
        _moved(model.predicted_fixed, scale, shift),
        _moved(model.interactions_response, scale, 0.0),
        _age_and_sex(strata) if family is Family.BINOMIAL else float("nan"),
    )


def _moved(made: Estimate, scale: FloatArray, shift: float) -> Estimate:
    value, lower, upper = (shift + scale * one for one in (made.value, made.lower, made.upper))
    return Estimate(value, lower, upper, scale * made.standard_error, made.method)


def _age_and_sex(strata: Crossed) -> float:
    """Return the accuracy by people of the shares of each age and sex."""
    both = [at for at, name in enumerate(strata.dimensions) if name in {"sex", "age_three"}]
    if not both:
        return float("nan")
    _, d, s, *_ = strata.sums
    place = np.unique(strata.codes[:, both], axis=0, return_inverse=True)[1].reshape(-1)
    share = np.bincount(place, s) / np.bincount(place, d)
    return float(auc(share[place], s, d).value)
