"""Quarters beside years: what tells of both hides what one gives away of the other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from .conftest import LITTLE, Night, run_night, write_config

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def released(incoming: Path, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A little night that tells of the newest four quarters as well, and of their year."""
    folder = tmp_path_factory.mktemp("quarters")
    return run_night(write_config(folder, incoming, quarters=4, **LITTLE))


@pytest.fixture(scope="module")
def levels(released: Night) -> pd.DataFrame:
    return pd.read_parquet(released.current / "stratified.parquet")


def test_the_newest_quarters_stand_beside_their_year(levels: pd.DataFrame) -> None:
    whole = levels[(levels["dimension"] == "total") & (levels["strat2_level"] == "all")]
    region = whole[whole["geography_level"] == "region"].drop_duplicates(
        ["period_start", "period_end"]
    )
    spans = region[["period_kind", "period_start", "period_end", "n_denominator"]]
    spans = spans.sort_values(["period_kind", "period_start"])
    assert spans["period_kind"].tolist() == ["quarter"] * 4 + ["rolling_12_months"]
    *quarters, year = spans.itertuples()
    assert quarters[0].period_start == year.period_start
    assert quarters[-1].period_end == year.period_end
    assert sum(one.n_denominator for one in quarters) == year.n_denominator  # contacts add up


def test_a_hidden_quarter_is_never_the_only_one_of_its_year(levels: pd.DataFrame) -> None:
    """Where the year is told: else the year less the others would tell of it."""
    key = ["geography_code", "dimension", "level", "strat2_level"]
    year = levels[levels["period_kind"] != "quarter"].set_index(key)["value_status"]
    quarters = levels[levels["period_kind"] == "quarter"]
    hidden = (quarters["value_status"] == "suppressed").groupby([quarters[k] for k in key]).sum()
    told = hidden[year.reindex(hidden.index).to_numpy() != "suppressed"]
    assert (hidden > 0).any()
    assert (told != 1).all()
