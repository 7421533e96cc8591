"""Need-adjusted values beside R's marginaleffects, and beside person-row arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from equity_pipeline.statistics import gaps
from equity_pipeline.statistics.need import Family, Standardised, marginal_standardisation

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "marginal_standardisation"
FAMILIES = {
    "logit": Family.BINOMIAL,
    "lpm": Family.GAUSSIAN,
    "lm": Family.GAUSSIAN,
    "poisson": Family.POISSON,
}
FITS = [
    (outcome, family, stratum)
    for outcome, family in (
        ("bad_outcome", "logit"),
        ("bad_outcome", "lpm"),
        ("visits", "poisson"),
        ("cost", "lm"),
        ("wait_days", "poisson"),
    )
    for stratum in ("deprivation_q", "birth", "provider")
]


def _expected(outcome: str, family: str, stratum: str, measure: str, vcov: str) -> pd.DataFrame:
    if not FOLDER.is_dir():
        pytest.skip(f"the peers' vectors are not at {FOLDER}")
    rows = json.loads((FOLDER / "expected.json").read_text("utf-8"))["cases"][0]["expected"]
    every = pd.DataFrame(rows)
    return every[
        (every["outcome"] == outcome)
        & (every["family"] == family)
        & (every["stratum"] == stratum)
        & (every["measure"] == measure)
        & (every["vcov"] == vcov)
    ]


def _fitted(
    outcome: str, family: str, stratum: str, *, one_cluster: bool = False
) -> tuple[Standardised, list[str]]:
    people = pd.read_csv(FOLDER / "input.csv")
    design = np.column_stack(
        [people["age"], people["age"] ** 2, people["sex"] == "M", people["morbidity"]]
    )
    names = people[stratum].astype(str)
    levels = sorted(names.unique())
    made = marginal_standardisation(
        people[outcome],
        np.ones(len(people)),
        names.map(levels.index),
        design,
        np.zeros(len(people), dtype=int) if one_cluster else np.arange(len(people)),
        n_levels=len(levels),
        family=FAMILIES[family],
    )
    return made, levels


def _contrasts(rows: pd.DataFrame, levels: list[str]) -> tuple[list[int], list[int]]:
    pairs = [text.split(" - ") for text in rows["contrast"]]
    return [levels.index(f) for f, _ in pairs], [levels.index(r) for _, r in pairs]


@pytest.mark.parametrize(("outcome", "family", "stratum"), FITS)
def test_differences_and_their_errors_are_those_of_marginaleffects(
    outcome: str, family: str, stratum: str
) -> None:
    """With each person as a cluster our variance is HC0 x n / (n - 1).

    For the identity link the need of the population falls out of a difference and the errors
    are the same; else ours carries that term too, which the peer takes as fixed: at most 0.3 %.
    """
    rows = _expected(outcome, family, stratum, "difference", "HC0")
    made, levels = _fitted(outcome, family, stratum)
    ours = gaps.difference(made.value, made.covariance, *_contrasts(rows, levels))
    assert_allclose(ours.value, rows["estimate"], rtol=1e-9)
    small_sample = np.sqrt(6000 / 5999)
    tolerance = 2e-6 if family in ("lm", "lpm") else 3e-3
    assert_allclose(ours.standard_error, rows["se"] * small_sample, rtol=tolerance)


@pytest.mark.parametrize(
    ("outcome", "family", "stratum"), [fit for fit in FITS if fit[1] in ("logit", "poisson")]
)
def test_ratios_and_their_errors_are_those_of_marginaleffects(
    outcome: str, family: str, stratum: str
) -> None:
    rows = _expected(outcome, family, stratum, "log_ratio", "HC0")
    made, levels = _fitted(outcome, family, stratum)
    ours = gaps.ratio(made.value, made.covariance, *_contrasts(rows, levels))
    assert_allclose(np.log(ours.value), rows["estimate"], rtol=1e-9)
    # a log link without interactions: the ratio is exp(coefficient), whatever the population
    tolerance = 3e-6 if family == "poisson" else 1e-3
    errors = rows["se"] * np.sqrt(6000 / 5999)
    assert_allclose(ours.standard_error / ours.value, errors, rtol=tolerance)


@pytest.mark.parametrize(("outcome", "family", "stratum"), FITS)
def test_levels_are_those_of_marginaleffects_with_no_smaller_error(
    outcome: str, family: str, stratum: str
) -> None:
    """The peer takes the population's need as fixed; ours is a sample, so its error is larger."""
    rows = _expected(outcome, family, stratum, "standardised_level", "HC0")
    made, levels = _fitted(outcome, family, stratum)
    places = [levels.index(name) for name in rows["contrast"]]
    assert len(places) > 0
    assert_allclose(made.value[places], rows["estimate"], rtol=1e-9)
    error = np.sqrt(np.diag(made.covariance))[places]
    assert (error > rows["se"] * 0.999).all()
    assert (error < rows["se"] * 1.10).all()


@pytest.mark.parametrize("stratum", ["deprivation_q", "birth", "provider"])
def test_with_one_cluster_the_error_is_the_model_s_own(stratum: str) -> None:
    rows = _expected("bad_outcome", "logit", stratum, "difference", "model")
    made, levels = _fitted("bad_outcome", "logit", stratum, one_cluster=True)
    ours = gaps.difference(made.value, made.covariance, *_contrasts(rows, levels))
    assert made.method.endswith("model_based")
    assert_allclose(ours.standard_error, rows["se"], rtol=1e-4)
