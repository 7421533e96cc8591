"""T11: those with a recorded need and no contact, and the diagnosed beside what would be expected.

The base is everyone listed, never visitors. Need that nobody has recorded cannot be seen: the
expected number of diagnosed stands beside it, and each row names what it cannot say.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.statistics.standardise import indirect_ratio
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.sums import (
    GROUP,
    PLACE,
    newest_long_period,
    sums_of,
    whole,
    with_words,
)
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.vocabulary import ALL, TOTAL, read_words, vocabulary

FORM = "reach"
KEY = [*PLACE, *GROUP]
OBSERVED, EXPECTED = "observed", "expected_model"
LIMITATION = {OBSERVED: "reach_1", EXPECTED: "reach_2"}
# a count of persons over an expected number: the door must look at who is with and without
KIND_OF_EXPECTED = "rate"


def reach(given: Given) -> Made:
    """Return T11 for the newest long period: the region by every dimension, and each place.

    Parameters
    ----------
    given
        The cells of the measures that the vocabulary names under ``[reach]``.

    Notes
    -----
    ``last_contact_median_months`` is empty: no cell tells months. Where need or contacts were not
    delivered, or do not reach back 18 months, there are no rows.
    """
    kinds = {measure_of("expected"): KIND_OF_EXPECTED}
    period = newest_long_period(given.context)
    if period is None:
        return Made({FORM: StratifiedTable.of(FORM, pd.DataFrame())}, None, kinds)
    rows = pd.concat([_observed(given, period), _expected(given, period)], ignore_index=True)
    if rows.empty:
        return Made({FORM: StratifiedTable.of(FORM, pd.DataFrame())}, None, kinds)
    rows = with_words(_limited(rows), given)
    table = StratifiedTable.of(FORM, given.context.complete(rows))
    return Made({FORM: table}, _persons(given, period), kinds)


def measure_of(part: str) -> str:
    """Return the id of the measure that a part of the table is made from.

    Examples
    --------
    >>> measure_of("contact")
    'TG02'
    """
    return str(read_words()["reach"][part]["measure"])


def _observed(given: Given, period: str) -> pd.DataFrame:
    need = sums_of(given, measure_of("need"), period, places=True)
    made = need.rename(columns={"n": "n_listed", "s": "n_need"}).drop(columns="d")
    for part, name in (("contact", "n_need_no_contact_18m"), ("language", "n_interpreter")):
        counted = sums_of(given, measure_of(part), period, places=True)
        counted = counted.rename(columns={"s": name, "d": f"of_{name}"}).drop(columns="n")
        made = made.merge(counted, on=KEY, how="left")
    made = made[made["of_n_need_no_contact_18m"].notna() | (made["n_need"] == 0)]
    told = proportion(made["n_need_no_contact_18m"], made["of_n_need_no_contact_18m"])
    return made.assign(
        need_definition=OBSERVED,
        indicator_id=measure_of("contact"),
        share=told.value,
        share_lower=told.lower,
        share_upper=told.upper,
        language_need_share=made["n_interpreter"] / made["of_n_interpreter"],
        value_status=_status(made["n_need"] > 0),
    )


def _expected(given: Given, period: str) -> pd.DataFrame:
    made = sums_of(given, measure_of("expected"), period, places=True)
    observed = whole(made["s"])
    told = indirect_ratio(observed, made["d"])
    return made.assign(
        need_definition=EXPECTED,
        indicator_id=measure_of("expected"),
        n_listed=made["n"],
        expected_diagnosed=made["d"],
        observed_diagnosed=observed,
        ratio_obs_exp=told.value,
        ratio_obs_exp_lower=told.lower,
        ratio_obs_exp_upper=told.upper,
        value_status=_status(made["d"] > 0),
    ).drop(columns=["n", "d", "s"])


def _status(is_known: pd.Series[bool]) -> pd.Series[str]:
    return is_known.map({True: "shown", False: "no_population"})


def _limited(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the fixed words on what they cannot say."""
    words = vocabulary().codes["limitation"]
    ids = rows["need_definition"].map(LIMITATION)
    return rows.assign(
        limitation_id=ids,
        limitation_sv=ids.map({code: one.sv for code, one in words.items()}),
        limitation_en=ids.map({code: one.en for code, one in words.items()}),
    )


def _persons(given: Given, period: str) -> PersonCounts | None:
    """Return the persons of places behind the measures; those of indicators are counted there."""
    names = [measure_of(part) for part in ("need", "language", "expected")]
    tables = [given.cells.of("place_persons", one, period_code=period) for one in names]
    rows = pa.concat_tables([one for one in tables if one.num_rows] or tables[:1])
    if rows.num_rows == 0:
        return None
    frame = rows.to_pandas()
    frame = frame[(frame["strat2_level"] == ALL) & (frame["dimension"] == TOTAL)]
    spans = given.context.periods[["period_code", "period_start", "period_end"]]
    return PersonCounts.of(pd.DataFrame(frame.merge(spans, on="period_code")))
