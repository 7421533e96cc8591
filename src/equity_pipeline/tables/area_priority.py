"""T9b and T9c: areas with a low result or uneven in themselves, and how each area was classed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from equity_pipeline.areas.priority import SMALLEST_PART, area_priority
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.sums import PLACE, newest_long_period, with_words
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import ALL, MISSING, TOTAL, vocabulary

PRIORITY, CLASSES = "area_priority", "area_classification"
MUNICIPALITY, UNIT = "municipality", "unit"
# parts that may be hidden themselves could be computed from how they spread
FEWEST_ON_EITHER_SIDE = 5


def priority(given: Given) -> Made:
    """Return T9b: each municipality and area by each share with a good side, newest long period.

    Parameters
    ----------
    given
        Cells of ``by_place`` and ``place_persons``, and ``places`` with the place that each lies
        in.

    Notes
    -----
    A result is low when its whole interval lies on the worse side of all areas together: with
    many areas one in forty is flagged by chance. Spread is told of municipalities, between their
    areas, where every area is large enough to be shown itself.
    """
    period = newest_long_period(given.context)
    shares = [one for one in given.context.declared.values() if _has_side(one)]
    blocks = [] if period is None else [_of_indicator(given, one, period) for one in shares]
    blocks = [one for one in blocks if len(one)]
    if not blocks:
        return Made({PRIORITY: StratifiedTable.of(PRIORITY, pd.DataFrame())})
    rows = pd.concat(blocks, ignore_index=True).assign(period_code=period)
    rows = with_words(rows.assign(dimension=TOTAL, level=ALL), given)
    return Made({PRIORITY: StratifiedTable.of(PRIORITY, given.context.complete(rows))})


def classes(given: Given) -> Made:
    """Return T9c: five values, ranks and flags of each area, their count, and the class.

    Areas are no persons: nothing in it is hidden.
    """
    rows = given.rows("area_classes")
    words = vocabulary().codes["area_class"]
    for language in ("sv", "en"):
        told = {code: getattr(word, language) for code, word in words.items()}
        rows[f"area_class_label_{language}"] = rows["area_class"].map(told)
    known = rows["area_class"].notna() & (rows["area_class"] != MISSING)
    made = rows.assign(
        run_id=given.context.run_id,
        disclosure_tier="internal",
        value_status=np.where(known, "shown", "not_reported"),
    )
    return Made({CLASSES: StratifiedTable.of(CLASSES, made)})


def _has_side(declared: Declaration) -> bool:
    held = declared.is_proportion and declared.direction in {"higher", "lower"}
    return held and declared.mid is not None and declared.enters_verdicts


def _of_indicator(given: Given, declared: Declaration, period: str) -> pd.DataFrame:
    cells = given.cells.of("by_place", declared.id, period_code=period).to_pandas()
    cells = cells[(cells["dimension"] == TOTAL) & (cells["geography_level"] != UNIT)]
    sums = cells.groupby(PLACE, as_index=False)[["d", "s"]].sum()
    sums = sums[sums["d"] > 0]
    blocks = [
        _judged(group, declared, str(kind))
        for kind, group in sums.groupby("geography_level", sort=True)
    ]
    if not blocks:
        return pd.DataFrame()
    made = pd.concat(blocks, ignore_index=True)
    spread = pd.DataFrame(_spread(given, declared, sums, period))
    if len(spread):
        made = made.merge(spread, on=PLACE, how="left")
    return made.assign(
        indicator_id=declared.id,
        mid=declared.mid,
        value_status=np.where(made["n"] > 0, "shown", "no_population"),
    )


def _judged(group: pd.DataFrame, declared: Declaration, kind: str) -> pd.DataFrame:
    """Return each place of one kind beside all places of the kind together."""
    told = proportion(group["s"], group["d"])
    limits = pd.DataFrame(
        {
            "geography_code": group["geography_code"].to_numpy(),
            "value_lower": told.lower,
            "value_upper": told.upper,
        }
    )
    found = area_priority(
        list(group["geography_code"]), list(group["s"]), list(group["d"]), better=_better(declared)
    )
    names = ["n", "value", "shortfall", "low_result_flag"]
    made = pd.DataFrame(
        [{"geography_code": one.area_code} | {n: getattr(one, n) for n in names} for one in found]
    )
    common = float(group["s"].sum() / group["d"].sum())
    return made.merge(limits, on="geography_code").assign(
        geography_level=kind, reference_value=common
    )


def _better(declared: Declaration) -> Literal["higher", "lower"]:
    return "higher" if declared.direction == "higher" else "lower"


def _spread(
    given: Given, declared: Declaration, sums: pd.DataFrame, period: str
) -> Iterator[dict[str, object]]:
    """Yield how uneven each municipality is between its areas."""
    if "places" not in given.beside:
        return
    lies_in = given.rows("places").drop_duplicates(PLACE)[[*PLACE, "parent_code"]]
    parts = sums[sums["geography_level"] != MUNICIPALITY].merge(lies_in, on=PLACE)
    parts = parts[parts["parent_code"].notna()]
    if parts.empty:
        return
    large = parts[parts["d"] >= SMALLEST_PART].groupby("parent_code").size()
    shown = _all_shown(given, declared, parts, period)
    for one in area_priority(
        list(parts["parent_code"]),
        list(parts["s"]),
        list(parts["d"]),
        better=_better(declared),
        mid=declared.mid or 0.0,
    ):
        told = shown.get(one.area_code, False)
        yield {
            "geography_level": MUNICIPALITY,
            "geography_code": one.area_code,
            "n_large_parts": int(large.get(one.area_code, 0)),
            "spread": one.spread if told else None,
            "spread_p": one.spread_p if told else None,
            "high_variation_flag": one.high_variation_flag if told else None,
        }


def _all_shown(
    given: Given, declared: Declaration, parts: pd.DataFrame, period: str
) -> dict[str, bool]:
    """Return for each municipality whether all its areas have people enough to be shown."""
    counted = given.cells.of("place_persons", declared.id, period_code=period).to_pandas()
    counted = counted[(counted["dimension"] == TOTAL) & (counted["strat2_level"] == ALL)]
    held = parts.merge(counted, on=PLACE, how="left")
    either = held[["n_persons_with", "n_persons_without"]].min(axis=1)
    enough = (held["n_persons"] >= SMALLEST_PART) & (either >= FEWEST_ON_EITHER_SIDE)
    return {
        str(code): bool(every) for code, every in enough.groupby(held["parent_code"]).all().items()
    }
