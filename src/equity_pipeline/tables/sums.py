"""The sums of one measure by place, dimension and level: the region from its cells, and places.

What is counted for single forms alone has no estimates; the forms make their shares from these.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.form import Given
from equity_pipeline.vocabulary import LONG_PERIODS, TOTAL, vocabulary

PLACE = ["geography_level", "geography_code"]
GROUP = ["period_code", "dimension", "level"]
REGION = "region"


def newest_long_period(context: FormContext) -> str | None:
    """Return the code of the newest period that stands for a whole year; None without one."""
    held = context.periods
    long = held[held["period_kind"].isin(LONG_PERIODS)]
    if long.empty:
        return None
    return str(long.sort_values(["period_end", "period_start"])["period_code"].iloc[-1])


def sums_of(given: Given, indicator_id: str, period_code: str, *, places: bool) -> pd.DataFrame:
    """Return n, d and s of a measure in one period, a row a place, dimension and level.

    Parameters
    ----------
    places
        Whether to add municipalities, areas and units to the region, each as a whole.

    Returns
    -------
    pandas.DataFrame
        ``geography_level``, ``geography_code``, ``period_code``, ``dimension``, ``level``, and
        the sums; no row where nobody is in the denominator.
    """
    region = _summed(given.cells.of("one_way", indicator_id, period_code=period_code), GROUP)
    region[PLACE] = [REGION, given.context.region_code]
    frames = [region]
    if places:
        held = given.cells.of("by_place", indicator_id, period_code=period_code)
        held = held.filter(pc.equal(held["dimension"], TOTAL))
        frames.append(_summed(held, [*PLACE, *GROUP]))
    frames = [one for one in frames if len(one)]
    if not frames:
        return region.reindex(columns=[*PLACE, *GROUP, "n", "d", "s"])
    made = pd.concat(frames, ignore_index=True)
    return made[[*PLACE, *GROUP, "n", "d", "s"]]


def _summed(cells: pa.Table, keys: list[str]) -> pd.DataFrame:
    """Return the sums in the order of the keys, whatever the order of the cells."""
    summed = cells.group_by(keys, use_threads=False).aggregate(
        [(name, "sum") for name in ("n", "d", "s")]
    )
    made = summed.rename_columns({f"{name}_sum": name for name in ("n", "d", "s")})
    return pd.DataFrame(made.to_pandas()).sort_values(keys, ignore_index=True)


def with_words(frame: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Return the frame with the names of its places and the words of its levels."""
    known = vocabulary()
    keys = list(zip(frame["dimension"], frame["level"], strict=True))
    words = {key: known.level_label(*key) for key in set(keys)}
    made = frame.copy()
    made["level_label_sv"] = [words[key].sv for key in keys]
    made["level_label_en"] = [words[key].en for key in keys]
    made["level_order"] = [words[key].order for key in keys]
    made["geography_name"] = _names(made, given)
    return made


def _names(frame: pd.DataFrame, given: Given) -> list[str | None]:
    told: dict[tuple[str, str], str] = {}
    if "places" in given.beside:
        places = given.rows("places")
        pairs = zip(places["geography_level"], places["geography_code"], strict=True)
        told = dict(zip(pairs, places["geography_name"], strict=True))
    told[REGION, given.context.region_code] = given.context.region_name
    keys = zip(frame["geography_level"], frame["geography_code"], strict=True)
    return [told.get(key) for key in keys]


def whole(column: pd.Series[float]) -> pd.Series[float]:
    """Return counts as whole numbers, missing ones kept; sums of counts are whole but for floats.

    Examples
    --------
    >>> whole(pd.Series([2.0000001, float("nan")])).tolist()
    [2.0, nan]
    """
    return pd.Series(np.round(column.to_numpy(dtype=np.float64)), index=column.index)
