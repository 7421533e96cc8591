"""Values beside hidden counts: rates, intervals, full precision, sums beside means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import Floats
from equity_pipeline.audit.cells import (
    COMPLEMENT,
    DENOMINATOR,
    KEY,
    NUMERATOR,
    SHARES,
    frame_of,
)
from equity_pipeline.audit.finding import CouldNotJudge, Finding, Key
from equity_pipeline.audit.intervals import INVERTED, LARGEST, NOT_OF_COUNTS, behind
from equity_pipeline.audit.release import Limits, Source
from equity_pipeline.vocabulary import vocabulary

RATE, INTERVAL, PRECISION, MEAN = "rate_by_population", "interval", "full_precision", "sum_by_mean"
FULL = 6  # decimals that no rounding of ours leaves
FACTORS = {"per_100": 100.0, "per_1000": 1000.0, "ratio": 1.0}
# the crude values of each form: under which column the level stands, value; limits beside it
CRUDE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "stratified": (("level", "value_crude"),),
    "unit_variation": (("", "value_crude"),),
    "maihda_strata": (("stratum_id", "raw_rate"),),
    "care_chain": (("level", "conditional_rate"),),
    "reach": (("level", "share"),),
    "run_chart": (("", "value"),),
    "area_priority": (("", "value"),),
    "area_description": (("", "value"),),
    "gap": (("focus_level", "focus_value"), ("reference_level", "reference_value")),
    "trend": (("focus_level", "level_focus"), ("reference_level", "level_ref")),
}
# a sum, the same by head, and by how many heads
BY_HEAD: Mapping[str, tuple[tuple[str, str, float], ...]] = {
    "excess_burden": (("excess_cases", "excess_per_1000", 1000.0),),
}


@dataclass(frozen=True, slots=True)
class _Value:
    """One published value of a cell whose counts are not all told."""

    key: Key
    file: str
    value: float
    limits: tuple[float, float] | None
    method: str
    unit: str
    half: float
    decimals: int
    known: float  # the denominator, NaN if no form tells it


def attack(by: Attacker) -> list[Finding]:
    """Return the counts that follow from values although they are hidden themselves.

    Raises
    ------
    CouldNotJudge
        If an interval stands beside hidden counts by a method that no inversion is known of.
    """
    found = [one for value in _beside_hidden(by) for one in _of_value(value, by.release.limits)]
    return [*found, *(one for source in by.release.sources for one in _by_head(by, source))]


def _beside_hidden(by: Attacker) -> Iterator[_Value]:
    made = by.cells
    told = made.keys[KEY].assign(
        known_d=made.low[DENOMINATOR], known_n=made.low[NUMERATOR], exempt=made.exempt
    )
    for source in by.release.sources:
        for level, column in CRUDE.get(source.form, ()):
            if column not in source.data.column_names:
                continue
            frame = _values(source, level, column).merge(told, "left", KEY)
            exempt = frame["exempt"].eq(True)
            open_ = frame["value"].notna() & frame["known_n"].isna() & ~exempt
            counts = frame["unit"].isin([*SHARES, *FACTORS])
            for row in frame[open_ & counts].to_dict("records"):
                yield _value(row, source)


def _values(source: Source, level: str, column: str) -> pd.DataFrame:
    door = vocabulary().forms[source.form].door
    cell = {**door.cell, **({"level": level} if level else {})}
    frame = frame_of(source, cell, {})
    names = source.data.column_names
    for name, own in (
        ("value", column),
        ("lower", f"{column}_lower"),
        ("upper", f"{column}_upper"),
    ):
        frame[name] = source.data[own].to_pandas().astype(float) if own in names else np.nan
    for name, own in (("method", "ci_method"), ("adjustment", "adjustment")):
        frame[name] = source.data[own].to_pandas() if own in names else None
    if source.form in ("gap", "trend"):
        frame = frame[frame["adjustment"].eq("crude")]
    return frame


def _value(row: Mapping[Any, Any], source: Source) -> _Value:
    value, unit = float(row["value"]), str(row["unit"])
    decimals = _decimals(value)
    share = unit in SHARES
    leading = 0 if share or value == 0 else int(np.floor(np.log10(abs(value))))
    fewest = 3 if share else 3 - leading
    limits = (float(row["lower"]), float(row["upper"]))
    return _Value(
        Key(*(str(row[name]) for name in KEY)),
        source.file,
        value,
        limits if np.isfinite(limits).all() else None,
        "" if not isinstance(row["method"], str) else row["method"],
        unit,
        0.5 * 10.0 ** -max(decimals, fewest),
        decimals,
        float(row["known_d"]),
    )


def _decimals(value: float) -> int:
    text = f"{value:.15g}"
    if "e" in text:
        return 15
    return len(text.partition(".")[2])


def _of_value(one: _Value, limits: Limits) -> Iterator[Finding]:
    full = one.decimals >= FULL
    if one.limits is not None and one.method not in INVERTED and one.method not in NOT_OF_COUNTS:
        raise CouldNotJudge(
            f"No way is known to turn the interval method {one.method!r} round.",
            where=f"{one.file}: {one.key.words()}",
            mend="add the method to audit/intervals.py",
        )
    methods = INVERTED.get(one.method, ())
    ends = one.limits if methods else None
    known = np.isfinite(one.known)
    if not known and ends is None and not full:
        return
    tried = np.array([one.known]) if known else np.arange(1.0, LARGEST + 1)
    n, d = behind(one.value, ends, methods, one.half, tried, FACTORS.get(one.unit, 1.0))
    if not known and ends is None and len(d):
        smallest = d == d.min()
        n, d = n[smallest], d[smallest]
    name = INTERVAL if ends is not None else PRECISION if not known else RATE
    yield from _narrow(one, name, n, d, limits)


def _narrow(one: _Value, name: str, n: Floats, d: Floats, limits: Limits) -> Iterator[Finding]:
    if not len(n):
        return
    told = {NUMERATOR: (n, limits.count), DENOMINATOR: (d, limits.denominator)}
    if one.unit in SHARES:
        told[COMPLEMENT] = (d - n, limits.count)
    for count, (values, limit) in told.items():
        low, high = float(values.min()), float(values.max())
        if high - low < limits.count - 1 and low < limit and high > 0:
            words = "a hidden count follows from a published value"
            yield Finding(name, one.key, count, one.file, words, low, high)


def _by_head(by: Attacker, source: Source) -> Iterator[Finding]:
    """Yield the persons behind a sum that is told in all and by head."""
    names, limits = source.data.column_names, by.release.limits
    for total, head, factor in BY_HEAD.get(source.form, ()):
        if not {total, head} <= set(names):
            continue
        frame = frame_of(source, vocabulary().forms[source.form].door.cell, {})
        made = by.cells.keys[KEY].assign(known=by.cells.low[DENOMINATOR])
        frame = frame.merge(made, "left", KEY)
        sums = source.data[total].to_pandas().astype(float)
        heads = source.data[head].to_pandas().astype(float)
        persons = (sums / heads * factor).where(frame["known"].isna() & (heads != 0))
        for number in np.flatnonzero((persons.round() > 0) & (persons < limits.denominator)):
            size = float(round(persons.iloc[number]))
            words = "a sum over its mean tells of how many it is"
            key = Key(*(str(one) for one in frame[KEY].iloc[int(number)]))
            yield Finding(MEAN, key, DENOMINATOR, source.file, words, size, size)
