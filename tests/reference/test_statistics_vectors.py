"""Our statistics beside the numbers of other people's packages, read in place."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from equity_pipeline.statistics import inequality
from tests.beside import absent, beside

VECTORS = beside("vectors")


class Case:
    """One case: the peer's input and output as frames."""

    def __init__(self, measure: str, name: str) -> None:
        folder = VECTORS / measure
        if not folder.is_dir():
            pytest.skip(absent("the peers' vectors", "vectors"))
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
