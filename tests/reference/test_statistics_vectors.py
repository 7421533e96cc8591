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
