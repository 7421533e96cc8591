"""T5: how the declared gap moves over the years, a projection of T2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.statistics import trend as time
from equity_pipeline.tables.context import Z95
from equity_pipeline.tables.table import StratifiedTable, conform
from equity_pipeline.vocabulary import LONG_PERIODS, vocabulary

SERIES = ["indicator_id", "geography_code", "dimension"]
FEWEST_PERIODS_FOR_A_SLOPE = 3
# a gap is unchanged when it would take more than five years to move by its limit
YEARS_TO_MATTER = 5.0


def trend(gaps: StratifiedTable, totals: StratifiedTable) -> StratifiedTable:
    """Return T5: the declared contrast's headline gap a year, with its slope over the years.

    Parameters
    ----------
    gaps
        T2.
    totals
        T1, for the level of all.

    Notes
    -----
    No slope is drawn across a change of area division: ``series_break`` names the new vintage at
    its first period, and area dimensions then have no slope. Gaps between published figures have
    no interval, so their slope has none and its direction is not judged.
    """
    made = gaps.data.to_pandas()
    made = made[
        made["is_headline"].fillna(False)
        & made["is_declared_contrast"].fillna(False)
        & made["period_kind"].isin(LONG_PERIODS)
        & made["gap_abs"].notna()
    ].sort_values([*SERIES, "period_end"])
    if made.empty:
        return StratifiedTable("trend", conform("trend", pd.DataFrame()))
    made = made.rename(columns={"focus_value": "level_focus", "reference_value": "level_ref"})
    made = made.merge(_totals(totals), on=["indicator_id", "period_end"], how="left")
    made["gap_harm"] = made["gap_harm"].fillna(made["gap_abs"])
    for end in ("lower", "upper"):
        made[f"gap_harm_{end}"] = made[f"gap_harm_{end}"].fillna(made[f"gap_abs_{end}"])
    blocks = [_series(group.copy()) for _, group in made.groupby(SERIES, sort=False)]
    return StratifiedTable("trend", conform("trend", pd.concat(blocks, ignore_index=True)))


def _totals(table: StratifiedTable) -> pd.DataFrame:
    held = table.data.select(
        [
            "indicator_id",
            "period_end",
            "geography_level",
            "dimension",
            "strat2_level",
            "value_crude",
        ]
    ).to_pandas()
    whole = held[
        (held["dimension"] == "total")
        & (held["strat2_level"] == "all")
        & (held["geography_level"] == "region")
    ]
    one = pd.DataFrame(whole[["indicator_id", "period_end", "value_crude"]]).drop_duplicates(
        ["indicator_id", "period_end"]
    )
    return one.rename(columns={"value_crude": "level_all"})


def _series(group: pd.DataFrame) -> pd.DataFrame:
    group["n_periods"] = len(group)
    vintage = group["area_vintage"]
    is_area = vocabulary().dimensions[group["dimension"].iloc[0]].level == "area"
    changed = vintage.ne(vintage.shift()) & vintage.shift().notna()
    group["series_break"] = vintage.where(changed) if is_area else None
    for name, value in _slope(group, is_area and bool(changed.any())).items():
        group[name] = value
    return group


def _slope(group: pd.DataFrame, is_broken: bool) -> dict[str, Any]:
    nothing = {
        "slope_abs_per_year": np.nan,
        "slope_abs_per_year_lower": np.nan,
        "slope_abs_per_year_upper": np.nan,
        "gap_direction": "uncertain",
    }
    if is_broken or len(group) < FEWEST_PERIODS_FOR_A_SLOPE:
        return nothing
    ends = pd.to_datetime(group["period_end"])
    years = ((ends - ends.iloc[0]).dt.days / 365.25).to_numpy()
    error = (group["gap_harm_upper"] - group["gap_harm_lower"]).to_numpy() / (2 * Z95)
    if np.isnan(error).any():
        drawn = time.slope(group["gap_harm"].to_numpy(), None, years)
        return nothing | {"slope_abs_per_year": float(drawn.value)}
    made = time.slope(group["gap_harm"].to_numpy(), error**2, years)
    return {
        "slope_abs_per_year": float(made.value),
        "slope_abs_per_year_lower": float(made.lower),
        "slope_abs_per_year_upper": float(made.upper),
        "gap_direction": str(
            time.direction(
                made.lower,
                made.upper,
                tolerance=float(group["mid"].iloc[-1]) / YEARS_TO_MATTER,
                level=float(group["gap_harm"].iloc[-1]),
            )
        ),
    }
