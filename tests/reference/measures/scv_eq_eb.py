"""Systematic variation, quotients and empirical Bayes of sava, DCluster and epiR."""

from __future__ import annotations

import re

import numpy as np

from equity_pipeline.statistics.variation import (
    PoissonGamma,
    clayton_kaldor,
    marshall,
    poisson_gamma,
    poisson_gamma_error,
    quotient,
    systematic_variation,
)
from tests.reference.vectors import Case

# the peer takes alpha to be found when it is this near (uniroot's own tolerance)
ROOT = 1.3e-4
NEAR = "the peer ends its search for alpha within 1.2e-4 of the root"


def run(case: Case) -> None:
    frame = case.frame()
    observed = frame[case.column("observed", "oi", "obs", "o", frame=frame)].to_numpy(float)
    expected = frame[case.column("expected", "ei", "exp", "e", frame=frame)].to_numpy(float)
    given = frame.columns
    usual = next((c for c in ("ni", "pop", "population", "n") if c in given), None)
    # without a population the peer was given the third column of counts
    named = case.param("population", "pop", default=usual)
    base = frame[named].to_numpy(float) if named in given else expected
    fitted = poisson_gamma(observed, expected)
    for key in case.expected:
        if found := re.match(r"(raw_)?(eq|qsr|extremal_quotient)(?:_(\d+)_(\d+))?", key):
            raw, form, _, low = found.groups()
            _quotient(case, key, fitted.own if raw else fitted.shrunken.value, form, low, raw)
        elif key.startswith("scv"):
            form = "log" if re.search("log|mcpherson", key) else "diehr"
            if case.expected[key] is None:
                case.leaves(key, "a unit without events has no logarithm")
                continue
            ours = systematic_variation(observed, expected, form=form)
            # the peer does not cut a negative component at 0
            case.agrees(key, ours.raw)
            assert ours.scv.value == max(float(ours.raw), 0.0)
        elif key.startswith("eb_poisson"):
            _poisson_gamma(case, key, fitted, observed, expected)
        elif key.startswith("clayton"):
            _clayton_kaldor(case, key, observed, expected)
        elif key.startswith("epiR"):
            _moments(case, key, marshall(observed, base))


def _quotient(
    case: Case, key: str, values: np.ndarray, form: str, low: str | None, raw: str | None
) -> None:
    share = int(low) / 100 if low else float(case.param("q", default=0.2))
    kind = {"eq": "percentiles", "qsr": "shares", "extremal_quotient": "extremes"}[form]
    _near(case, key, quotient(values, form=kind, share=share), ROOT * (raw is None) / 5)


def _near(case: Case, path: str, ours: object, allowed: float) -> None:
    """Compare within the case's tolerance, or, where that fails, within what the peer's root is."""
    apart = np.abs(np.asarray(ours) / case.theirs(path) - 1)
    if np.nanmax(apart, initial=0) <= case.given["tolerance"]["rel"]:
        case.agrees(path, ours)
    else:
        case.agrees(path, ours, rtol=allowed, loose=NEAR)


def _poisson_gamma(
    case: Case, key: str, fitted: PoissonGamma, observed: np.ndarray, expected: np.ndarray
) -> None:
    known = case.expected[key]
    allowed = ROOT / float(fitted.rate)
    _near(case, f"{key}.alpha", fitted.rate, allowed)
    _near(case, f"{key}.prior_variance", fitted.prior_variance, allowed)
    _near(case, f"{key}.predicted", fitted.shrunken.value, allowed)
    if "mse_rao" in known:
        _near(case, f"{key}.mse_rao", _as_the_peer_sums(fitted, observed, expected), 20 * allowed)


def _as_the_peer_sums(
    fitted: PoissonGamma, observed: np.ndarray, expected: np.ndarray
) -> np.ndarray:
    """Return the jackknife's error with its two sums taken the peer's way round.

    The error of a unit sums that unit's change over all units left out (Rao 2003). The peer sums
    the change of all units when that one unit is left out, which is another quantity.
    """
    ours = poisson_gamma_error(observed, expected)
    spread = ours.spread_without[:, np.newaxis]
    values = (1 + observed * spread) / (1 + expected * spread)
    variances = spread * values / (1 + expected * spread)
    share = (len(observed) - 1) / len(observed)
    shift, moved = variances - ours.posterior_variance, (values - fitted.shrunken.value) ** 2
    right = np.maximum(ours.posterior_variance - share * shift.sum(axis=0), 0)
    np.testing.assert_allclose(ours.mse, right + share * moved.sum(axis=0), rtol=1e-9)
    theirs = np.maximum(ours.posterior_variance - share * shift.sum(axis=1), 0)
    return np.asarray(theirs + share * moved.sum(axis=1))


def _clayton_kaldor(case: Case, key: str, observed: np.ndarray, expected: np.ndarray) -> None:
    # the peer's own end of the iteration
    ours = clayton_kaldor(
        observed,
        expected,
        tolerance=float(case.param("tol", default=1e-5)),
        steps=int(case.param("maxiter", default=20)),
    )
    figures = {
        "nu": ours.shape,
        "alpha": ours.rate,
        "smooth": ours.shrunken.value,
        "prior_variance": ours.prior_variance,
    }
    for name, value in figures.items():
        if name not in case.expected[key]:
            continue
        if np.isnan(value).any():
            case.leaves(f"{key}.{name}", "the peer stopped before its iteration settled, or at 0")
        else:
            case.agrees(f"{key}.{name}", value)


def _moments(case: Case, key: str, ours: PoissonGamma) -> None:
    # the peer does not cut a negative variance at 0, and calls the shape scale and the rate shape
    shape, rate = (ours.prior_mean**k / ours.variance_found for k in (2, 1))
    figures = {
        "gamma": ours.prior_mean,
        "phi": ours.variance_found,
        "alpha": rate,
        "nu": shape,
        "inv.nu": 1 / shape,
    }
    for name in case.expected[key]:
        case.agrees(f"{key}.{name}", figures[name.split(" ")[0]])
