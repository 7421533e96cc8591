"""T5: how the declared gap moves over the years, a projection of T2."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.settings.series import SeriesBreak
from equity_pipeline.statistics import trend as time
from equity_pipeline.statistics.estimate import Estimate, divide, student
from equity_pipeline.tables.cells import FloatArray
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.tables.trend_driver import drivers, improvement, levels_down
from equity_pipeline.vocabulary import LONG_PERIODS, vocabulary

SERIES = ["indicator_id", "geography_code", "dimension"]
FEWEST_PERIODS_FOR_A_SLOPE = 3
# a gap is unchanged when it would take more than five years to move by its limit
YEARS_TO_MATTER = 5.0
DAYS = 365.25


def trend(
    gaps: StratifiedTable,
    totals: StratifiedTable,
    context: FormContext,
    options: FormSettings | None = None,
) -> StratifiedTable:
    """Return T5: the declared contrast's headline gap a year, with its slope over the years.

    Parameters
    ----------
    gaps
        T2.
    totals
        T1, for the level of all.
    context
        The declarations: which values are the good ones.
    options
        Breaks in series, and the base year.

    Notes
    -----
    No slope is drawn across a break: a change of area division, or a declared one. Each part
    between breaks has its own slope if it has three periods; a period that lies on both sides of
    a break is a part of its own. Errors of gaps are taken back from T2's limits with Student's t.
    Gaps between published figures have no interval, so their slope has none and its direction is
    not judged. Indicators without a good side have no ``gap_harm``; their slope is that of
    ``gap_abs``.
    """
    chosen = options or FormSettings()
    made = gaps.data.to_pandas()
    made = made[
        made["is_headline"].fillna(False)
        & made["is_declared_contrast"].fillna(False)
        & made["period_kind"].isin(LONG_PERIODS)
        & (made["geography_level"] == "region")
        & made["gap_abs"].notna()
    ].sort_values([*SERIES, "period_end"], ignore_index=True)
    if made.empty:
        return StratifiedTable.of("trend", pd.DataFrame())
    made = made.rename(columns={"focus_value": "level_focus", "reference_value": "level_ref"})
    made = made.merge(_totals(totals), on=["indicator_id", "period_end"], how="left")
    made["gap_rel_unfavourable"] = made["ratio_unfavourable"]
    made = _with_segments(made, chosen.series_breaks)
    made = _with_slopes(_with_errors(made), context)
    made = _with_base(made, chosen.trend_base_year)
    return StratifiedTable.of("trend", _with_words(made))


def _totals(table: StratifiedTable) -> pd.DataFrame:
    keys = ["indicator_id", "period_end"]
    names = [*keys, "geography_level", "dimension", "strat2_level", "value_crude"]
    held = table.data.select(names).to_pandas()
    whole = held[
        (held["dimension"] == "total")
        & (held["strat2_level"] == "all")
        & (held["geography_level"] == "region")
    ]
    one = pd.DataFrame(whole[[*keys, "value_crude"]]).drop_duplicates(keys)
    return one.rename(columns={"value_crude": "level_all"})


def _with_segments(made: pd.DataFrame, breaks: tuple[SeriesBreak, ...]) -> pd.DataFrame:
    """Add the part of the series, and at its first period what broke."""
    starts = pd.to_datetime(made["period_start"]).dt.date
    ends = pd.to_datetime(made["period_end"]).dt.date
    series = made.groupby(SERIES, sort=False).ngroup()
    is_first = series.ne(series.shift())
    is_area = made["dimension"].map(lambda name: vocabulary().dimensions[name].level == "area")
    vintage = made["area_vintage"].where(is_area, "")
    moved = {"vintage": vintage.ne(vintage.shift()) & vintage.notna()}
    for one in breaks:
        keys = zip(made["indicator_id"], made["dimension"], strict=True)
        concerned = np.array([one.concerns(*key) for key in keys], dtype=bool)
        # a period is before, across or after
        place = (ends > one.from_date).astype(int) + (starts >= one.from_date).astype(int)
        moved[one.code] = place.ne(place.shift()) & concerned
    flags = pd.DataFrame(moved).where(~is_first, False)
    said: list[str | None] = []
    for row, new in zip(flags.to_dict("records"), vintage, strict=True):
        codes = [
            str(new) if name == "vintage" else str(name) for name, is_new in row.items() if is_new
        ]
        said.append("+".join(codes) or None)
    begins = flags.any(axis=1)
    return made.assign(
        series_break=np.array(said, dtype=object),
        segment=begins.groupby(series).cumsum() + 1,
        part=(begins | is_first).cumsum(),
        series=series,
    )


def _with_errors(made: pd.DataFrame) -> pd.DataFrame:
    """Add the gap that is followed with its error, and the logarithm of the ratio with its own."""
    t = student(0.95, made["n_clusters"].to_numpy(np.float64) - 1)
    harm = made["gap_harm"].notna()
    for end in ("", "_lower", "_upper"):
        made[f"followed{end}"] = made[f"gap_harm{end}"].where(harm, made[f"gap_abs{end}"])
    made["error"] = (made["followed_upper"] - made["followed_lower"]) / 2 / t
    positive = made[["ratio_unfavourable", "ratio_unfavourable_lower", "ratio_unfavourable_upper"]]
    log = np.log(positive.where(positive > 0))
    made["log_ratio"] = log["ratio_unfavourable"]
    made["log_error"] = (log["ratio_unfavourable_upper"] - log["ratio_unfavourable_lower"]) / 2 / t
    return made


def _wide(made: pd.DataFrame, name: str) -> FloatArray:
    """Return a column by part and period, (P, T); NaN where a part has no such period."""
    place = made.groupby("part", sort=False).cumcount().to_numpy()
    rows = made["part"].to_numpy() - 1
    wide = np.full((rows.max() + 1, place.max() + 1), np.nan)
    wide[rows, place] = made[name].to_numpy(np.float64)
    return wide


def _line(values: FloatArray, errors: FloatArray, times: FloatArray) -> Estimate:
    """Return the slope of each part: weighted where all errors are known, else without limits."""
    there = np.isfinite(values)
    known = (np.isfinite(errors) & (errors > 0) | ~there).all(axis=1)
    weighed = time.slope(values, np.where(errors > 0, errors, np.nan) ** 2, times)
    plain = time.slope(values, None, times)
    enough = there.sum(axis=1) >= FEWEST_PERIODS_FOR_A_SLOPE
    return Estimate(
        np.where(known, weighed.value, plain.value),
        np.where(known, weighed.lower, np.nan),
        np.where(known, weighed.upper, np.nan),
        np.where(known, weighed.standard_error, np.nan),
        weighed.method,
    ).where(enough)


def _with_slopes(made: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    ends = pd.to_datetime(made["period_end"])
    made["years"] = (ends - ends.min()).dt.days / DAYS
    times = _wide(made, "years")
    slope = _line(_wide(made, "followed"), _wide(made, "error"), times)
    ratio = _line(_wide(made, "log_ratio"), _wide(made, "log_error"), times)
    last = made.groupby("part", sort=False).last()
    # which way is away from 0 is told by the whole part: one year may cross it by chance
    mean = made.groupby("part", sort=False)[["followed", "log_ratio"]].mean()
    gap, log_ratio = (mean[name].to_numpy(np.float64) for name in ("followed", "log_ratio"))
    moved = time.direction(
        slope.lower, slope.upper, level=gap,
        tolerance=last["mid"].to_numpy(np.float64) / YEARS_TO_MATTER,
    ).astype(object)  # fmt: skip
    side = last["indicator_id"].map(lambda one: context.declared[one].direction).to_numpy(object)
    groups = [improvement(_wide(made, name), times, side) for name in ("level_focus", "level_ref")]
    driver = drivers(groups[0], groups[1], moved, _errors_of_groups(made, slope.standard_error))
    both = np.sign(slope.value * gap) * np.sign(ratio.value * log_ratio)
    told: Mapping[str, object] = {
        "slope_abs_per_year": slope.value,
        "slope_abs_per_year_lower": slope.lower,
        "slope_abs_per_year_upper": slope.upper,
        "slope_rel_per_year": np.expm1(ratio.value),
        "slope_rel_per_year_lower": np.expm1(ratio.lower),
        "slope_rel_per_year_upper": np.expm1(ratio.upper),
        "abs_rel_agree": np.where(np.isfinite(both), both > 0, None),
        "gap_direction": moved,
        "driver": driver,
        "levelling_down": levels_down(driver, moved, gap),
        "n_periods": made.groupby("part", sort=False).size().to_numpy(),
    }
    rows = made["part"].to_numpy() - 1
    return made.assign(**{name: np.asarray(held)[rows] for name, held in told.items()})


def _errors_of_groups(made: pd.DataFrame, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the errors of the groups' own slopes: the gap's, divided by the people of each."""
    people = made.groupby("part", sort=False)[["n_focus", "n_reference"]].sum().to_numpy(np.float64)
    own = np.sqrt(divide(people[:, ::-1], people.sum(axis=1, keepdims=True)))
    return error * own[:, 0], error * own[:, 1]


def _with_base(made: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """Add the change since the base year: the one of the configuration, else the first."""
    ended = (pd.to_datetime(made["period_end"]) - pd.Timedelta(days=1)).dt.year
    first = ended.groupby(made["series"]).transform("min")
    made["base_year"] = first if year is None else year
    base = made[ended == made["base_year"]].drop_duplicates("series", keep="last")
    base = base.set_index("series")[["followed", "error", "part", "n_clusters"]]
    at = base.reindex(made["series"]).reset_index(drop=True)
    change = made["followed"] - at["followed"]
    error = np.sqrt(made["error"] ** 2 + at["error"] ** 2)
    own = (made["part"] == at["part"]) & (ended != made["base_year"])
    fewest = made["n_clusters"].combine(at["n_clusters"], min).to_numpy(np.float64) - 1
    # people of one year are many of the next: taken as others, the limits are on the wide side
    half = student(0.95, fewest) * error
    for end, value in (("", change), ("_lower", change - half), ("_upper", change + half)):
        made[f"change_from_base{end}"] = value.where(own)
    return made


def _with_words(made: pd.DataFrame) -> pd.DataFrame:
    for name in ("gap_direction", "driver"):
        for tongue in ("sv", "en"):
            words = {code: getattr(one, tongue) for code, one in vocabulary().codes[name].items()}
            made[f"{name}_label_{tongue}"] = made[name].map(words)
    return made
