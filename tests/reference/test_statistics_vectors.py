"""Our statistics beside the numbers of other people's packages, read in place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from equity_pipeline.statistics import gradient, inequality, multiplicity
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.means import mean
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.statistics.rates import byar_limits, rate
from equity_pipeline.statistics.standardise import direct_rate

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"


class Case:
    """One case: the peer's input and output as frames."""

    def __init__(self, measure: str, name: str) -> None:
        folder = VECTORS / measure
        if not folder.is_dir():
            pytest.skip(f"the peers' vectors are not at {folder}")
        cases = json.loads((folder / "expected.json").read_text("utf-8"))["cases"]
        self.case: dict[str, Any] = next(case for case in cases if case["id"] == name)
        self.input = pd.read_csv(folder / self.case["input"])
        self.raw = self.case["expected"]

    @property
    def expected(self) -> pd.DataFrame:
        return pd.DataFrame(self.raw)

    def agrees(self, ours: object, theirs: object) -> None:
        """Compare within the case's own tolerance."""
        tolerance = self.case["tolerance"]
        theirs = np.asarray(theirs, dtype=float)
        assert_allclose(
            np.asarray(ours)[~np.isnan(theirs)],
            theirs[~np.isnan(theirs)],
            rtol=tolerance["rel"],
            atol=tolerance["abs"],
        )

    def intervals_agree(self, make: Any, theirs: pd.DataFrame, scale: object = 1.0) -> None:
        """Compare value and both confidences of a peer that names its columns as PHE does."""
        for confidence, tag in ((0.95, "95"), (0.998, "998")):
            ours: Estimate = make(confidence)
            self.agrees(ours.value * scale, theirs["value"])
            self.agrees(ours.lower * scale, theirs[f"lower{tag}cl"])
            self.agrees(ours.upper * scale, theirs[f"upper{tag}cl"])


def test_wilson_is_that_of_phe() -> None:
    case = Case("proportion_ci", "wilson_95_998")
    given = case.input
    case.intervals_agree(
        lambda c: proportion(given["numerator"], given["denominator"], confidence=c),
        case.expected,
        100,
    )


def test_wilson_is_that_of_phe_s_own_worksheet() -> None:
    case = Case("proportion_ci", "phe_testsuite")
    rows = case.expected
    case.intervals_agree(
        lambda c: proportion(rows["Numerator"], rows["Denominator"], confidence=c),
        rows,
        rows["multiplier"],
    )


def test_wilson_takes_counts_that_are_not_whole() -> None:
    case = Case("proportion_ci", "phe_testsuite_wilson")
    for row in case.raw:
        confidence = float(row["confidence"].rstrip("%")) / 100
        ours = proportion(row["x"], row["n"], confidence=confidence)
        case.agrees([ours.lower, ours.upper], [row["lowercl"], row["uppercl"]])


def test_rates_switch_from_exact_to_byar_at_ten_events_as_phe_does() -> None:
    case = Case("rate_ci", "phe_rate_95_998")
    given = case.input
    case.intervals_agree(
        lambda c: rate(given["events"], given["py"], scale=1000, confidence=c), case.expected
    )


def test_rates_are_those_of_phe_s_own_worksheet() -> None:
    case = Case("rate_ci", "phe_testsuite")
    rows = case.expected
    case.intervals_agree(
        lambda c: rate(rows["Numerator"], rows["Denominator"], confidence=c),
        rows,
        rows["multiplier"],
    )


def test_below_ten_events_limits_are_the_exact_ones_of_epitools() -> None:
    """The peer searches its limits and stops early at one event (ours there is PHE's)."""
    case = Case("rate_ci", "exact_poisson_95")
    both = case.input.merge(case.expected, on="unit")
    few = both[both["events"] < 10]
    ours = rate(few["events"], few["py"])
    assert len(few) > 3
    assert_allclose(ours.lower, few["lower"], rtol=1e-6, atol=1e-6)
    assert_allclose(ours.upper, few["upper"], rtol=1e-6, atol=1e-6)


def test_byar_has_the_form_of_breslow_and_day_not_that_of_epitools() -> None:
    case = Case("rate_ci", "phe_testsuite_byars")
    for row in case.raw:
        confidence = float(row["confidence"].rstrip("%")) / 100
        lower, upper = byar_limits(np.asarray(float(row["x"])), confidence=confidence)
        case.agrees(upper, row["uppercl"])
        if row["lowercl"] is not None:  # the peer leaves out a limit that would be below 0
            case.agrees(lower, row["lowercl"])
    other = Case("rate_ci", "byar_95")
    both = other.input.merge(other.expected[["unit", "lower"]], on="unit")
    many = both[both["events"] >= 10]
    ours = rate(many["events"], many["py"])
    assert not np.isclose(ours.lower, many["lower"], rtol=1e-6).any()


def _standardised(case: Case, group: str, weights: str, confidence: float) -> dict[Any, Estimate]:
    return {
        name: direct_rate(
            rows["count"], rows["pop"], rows[weights], scale=1000, confidence=confidence
        )
        for name, rows in case.input.groupby(group, sort=False)
    }


def test_standardised_rates_are_those_of_phe() -> None:
    case = Case("dsr", "dobson_95_998")
    for confidence, tag in ((0.95, "95"), (0.998, "998")):
        made = _standardised(case, "deprivation_q", "stdpop", confidence)
        for row in case.raw:
            if row["value"] is not None:  # the peer gives nothing under 10 events
                ours = made[row["deprivation_q"]]
                theirs = [row["value"], row[f"lower{tag}cl"], row[f"upper{tag}cl"]]
                case.agrees([ours.value, ours.lower, ours.upper], theirs)


def test_under_ten_events_limits_are_fay_and_feuer_s_of_epitools() -> None:
    case = Case("dsr", "fay_feuer_gamma_95")
    made = _standardised(case, "deprivation_q", "stdpop", 0.95)
    few = [row for row in case.raw if row["deprivation_q"] in (9, 10)]
    for row in few:
        ours = made[row["deprivation_q"]]
        lower = row["lower"] if row["lower"] is not None else 0.0  # the peer: NaN at no events
        case.agrees([ours.value, ours.lower, ours.upper], [row["dsr"], lower, row["upper"]])
    assert len(few) == 2


def test_the_european_standard_population_is_that_of_phe_s_worksheet() -> None:
    case = Case("dsr", "phe_testsuite_esp2013")
    made = _standardised(case, "area", "esp2013", 0.95)
    for row in case.raw:
        ours = made[row["area"]]
        theirs = [row["value"], row["lower95cl"], row["upper95cl"]]
        case.agrees(np.array([ours.value, ours.lower, ours.upper]) * 100, theirs)


def test_means_are_those_of_phe() -> None:
    case = Case("mean_ci", "t_interval")
    cost = case.input.assign(square=case.input["cost"] ** 2).groupby("unit")
    sums = cost.agg(n=("cost", "size"), s=("cost", "sum"), ss=("square", "sum"))
    theirs = case.expected.set_index("unit").loc[sums.index]
    case.intervals_agree(lambda c: mean(sums["n"], sums["s"], sums["ss"], confidence=c), theirs)


def test_the_mean_is_that_of_phe_s_own_worksheet() -> None:
    case = Case("mean_ci", "phe_testsuite")
    x = case.input["values"]
    case.intervals_agree(
        lambda c: mean([len(x)], [x.sum()], [(x**2).sum()], confidence=c), case.expected
    )


@pytest.mark.parametrize(
    ("name", "value", "error", "scale"),
    [
        ("phe_normal_cost", "cost", "cost_se", 1),
        ("phe_proportion_untransformed", "p", "se_p", 1),
        ("phe_rate_untransformed", "p", None, 1000),
    ],
)
def test_slope_and_relative_index_are_those_of_phe(
    name: str, value: str, error: str | None, scale: float
) -> None:
    case = Case("sii_rii", name)
    given, theirs = case.input, case.raw[0]
    covariance = None if error is None else np.diag(given[error] ** 2)
    ours = gradient.slope_index(given[value] * scale, given["pop"], covariance)
    case.agrees([ours.sii.value, ours.rii.value], [theirs["sii"], theirs["rii"]])
    if error is not None:  # the peer draws its limits at random; ours are exact
        for mine, tag in ((ours.sii, "sii"), (ours.rii, "rii")):
            width = theirs[f"{tag}_upper95cl"] - theirs[f"{tag}_lower95cl"]
            assert_allclose(mine.lower, theirs[f"{tag}_lower95cl"], atol=0.06 * width)
            assert_allclose(mine.upper, theirs[f"{tag}_upper95cl"], atol=0.06 * width)


@pytest.mark.parametrize("block", [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15])
def test_slope_index_is_that_of_phe_s_own_worksheet(block: int) -> None:
    """The other blocks are fitted on a log or logit scale, which is another index."""
    case = Case("sii_rii", "phe_testsuite")
    rows = case.input[case.input["block"] == block]
    theirs = next(row for row in case.raw if row["block"] == block)
    scale = 100 if block == 9 else 1
    ours = gradient.slope_index(rows["Value"] * scale, rows["Population"])
    case.agrees([ours.sii.value, ours.rii.value], [theirs["sii"], theirs["rii"]])


def test_the_linear_slope_index_is_that_of_who() -> None:
    """Limits differ on purpose: the peer takes the scatter of five points for the error."""
    case = Case("sii_rii", "who_linear_grouped")
    ours = gradient.slope_index(case.input["p"] * 100, case.input["pop"])
    theirs = [case.raw["sii"]["estimate"], case.raw["rii"]["estimate"]]
    case.agrees([ours.sii.value, ours.rii.value], theirs)


@pytest.mark.parametrize(
    ("name", "value", "shares"),
    [
        ("income_quintile_percent", "pct", "pop"),
        ("income_quintile_cost", "cost", "pop"),
        ("who_sample", "estimate", "population"),
        ("odonnell_table_8_1", "rate", "pop"),
    ],
)
def test_the_concentration_index_is_that_of_who_and_of_the_textbook(
    name: str, value: str, shares: str
) -> None:
    """Only the value: the peer's error is the scatter about a line, ours comes from the values."""
    case = Case("concentration_index_grouped", name)
    theirs = case.raw["rci"]
    ours = gradient.concentration_index(case.input[value], case.input[shares])
    case.agrees(ours.value, theirs["estimate"] if isinstance(theirs, dict) else theirs)


def test_erreygers_index_is_that_of_who() -> None:
    case = Case("concentration_index_grouped", "income_quintile_percent_wagstaff_erreygers")
    ours = gradient.erreygers_index(case.input["pct"], case.input["pop"], 0, 100)
    case.agrees(ours.value, case.raw["erreygers"]["estimate"])


def test_false_discovery_rates_are_those_of_r() -> None:
    case = Case("p_adjust", "p_adjust")
    case.agrees(multiplicity.benjamini_hochberg(case.input["p"]), case.expected["BH"])


def test_the_false_discovery_paper_rejects_four_of_fifteen() -> None:
    case = Case("p_adjust", "bh_1995_example")
    adjusted = multiplicity.benjamini_hochberg(case.input["p"])
    assert (adjusted <= 0.05).sum() == case.raw["rejected_fdr_0.05"]


@pytest.mark.parametrize("name", ["birth_country", "units", "deprivation"])
def test_distances_between_groups_are_those_of_who(name: str) -> None:
    case = Case("who_heat_measures", name)
    given = case.input
    if "bgsd" in case.raw:
        ours = inequality.between_group_sd(given["estimate"], given["population"])
        case.agrees(ours, case.raw["bgsd"]["estimate"])
    if "mdbw" in case.raw:
        ours = inequality.mean_difference_from_best(given["estimate"], given["population"], "lower")
        case.agrees(ours, case.raw["mdbw"]["estimate"])
    assert "bgsd" in case.raw or name == "deprivation"
