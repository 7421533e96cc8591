"""The crude values that stand beside hidden counts, in whichever form: what is told of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.bounds import Flags, Floats
from equity_pipeline.audit.finding import Key
from equity_pipeline.audit.intervals import UNNAMED
from equity_pipeline.audit.readings import (
    BEGUN,
    DENOMINATOR,
    KEY,
    NUMERATOR,
    SHARES,
    frame_of,
)
from equity_pipeline.audit.source import Source
from equity_pipeline.vocabulary import ALL, vocabulary

ADJUSTED = ("gap", "trend")  # forms that tell a value adjusted too, under the same name
FACTORS = {"per_100": 100.0, "per_1000": 1000.0, "ratio": 1.0}


class Shown(NamedTuple):
    """A crude value of a form, its limits beside it.

    Attributes
    ----------
    level
        The column in which the level stands, where it has another name than the form's door says.
    column
        The value.
    unit
        Its unit, where that is not the indicator's.
    method
        The column that names the method of its limits.
    of
        The word under which the cell stands, with the indicator for ``{}``.
    """

    level: str
    column: str
    unit: str | None = None
    method: str = "ci_method"
    of: str = "{}"


def _within(column: str) -> Shown:
    return Shown("", column, "percent", "wait_method", BEGUN)


CRUDE: Mapping[str, tuple[Shown, ...]] = {
    "stratified": (Shown("level", "value_crude"),),
    "unit_variation": (Shown("", "value_crude"),),
    "maihda_strata": (Shown("stratum_id", "raw_rate"),),
    "care_chain": (Shown("level", "conditional_rate", "percent"),),
    "reach": (Shown("level", "share", "percent"),),
    "run_chart": (Shown("", "value"),),
    "area_priority": (Shown("", "value"),),
    "area_description": (Shown("", "value"),),
    "gap": (Shown("focus_level", "focus_value"), Shown("reference_level", "reference_value")),
    "trend": (Shown("focus_level", "level_focus"), Shown("reference_level", "level_ref")),
    "excess_burden": (Shown("level", "level_value"),),
    "waits": (_within("share_within_0"), _within("share_within_3"), _within("share_within_90")),
}


@dataclass(frozen=True, slots=True)
class Value:
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
    beside: tuple[float, float] | None = None  # what a difference is to: n with the outcome, of d


def _told(frame: pd.DataFrame, by: Attacker) -> tuple[Floats, Floats, Flags]:
    """Return the denominator and the numerator of each row's cell, and whether it is of nobody."""
    made, number = by.cells, by.numbers.of(frame)
    known = [np.append(made.low[name], np.nan)[number] for name in (DENOMINATOR, NUMERATOR)]
    return known[0], known[1], np.append(made.exempt, False)[number]


def beside_hidden(by: Attacker) -> Iterator[Value]:
    """Yield every crude value of a cell whose numerator no form tells."""
    for source in by.release.sources:
        for shown in CRUDE.get(source.form, ()):
            if shown.column not in source.data.column_names:
                continue
            frame = _values(_with_value(source, shown), shown)
            known_d, known_n, exempt = _told(frame, by)
            open_ = frame["unit"].isin([*SHARES, *FACTORS]) & np.isnan(known_n) & ~exempt
            for row in frame.assign(known_d=known_d)[open_].to_dict("records"):
                yield _value(row, source)


def from_gaps(by: Attacker) -> Iterator[Value]:
    """Yield what a gap tells of its focus level where the reference is told and the focus is not.

    A crude difference to a share that is told is the other share.
    """
    for source in by.release.of("gap"):
        if not {"gap_abs", "adjustment"} <= set(source.data.column_names):
            continue
        shown = Shown("focus_level", "gap_abs")
        rows = _with_value(source, shown)
        frame = _values(rows, shown)
        known_d, known_n, exempt = _told(frame, by)
        reference = frame_of(rows, {"level": "reference_level", "strat2_level": f"={ALL}"}, {})
        of_all, with_it, _ = _told(reference, by)
        open_ = frame["unit"].isin(SHARES) & np.isnan(known_n) & ~exempt & ~np.isnan(with_it)
        frame = frame.assign(known_d=known_d, with_it=with_it, of_all=of_all)
        for row in frame[open_].to_dict("records"):
            yield replace(_value(row, source), beside=(row["with_it"], row["of_all"]))


def _with_value(source: Source, shown: Shown) -> Source:
    """Return the rows that tell a crude value."""
    data = source.data
    told = pc.is_finite(data[shown.column].cast(pa.float64()))
    if source.form in ADJUSTED:
        told = pc.and_kleene(told, pc.equal(data["adjustment"], "crude"))
    return replace(source, data=data.filter(told))


def _values(source: Source, shown: Shown) -> pd.DataFrame:
    form, column = vocabulary().forms[source.form], shown.column
    cell = {**form.door.cell, **({"level": shown.level} if shown.level else {})}
    frame = frame_of(source, cell, {})
    frame["indicator"] = frame["indicator"].map(shown.of.format)
    names = source.data.column_names
    for name, own in (
        ("value", column),
        ("lower", f"{column}_lower"),
        ("upper", f"{column}_upper"),
    ):
        frame[name] = source.data[own].to_pandas().astype(float) if own in names else np.nan
    frame["method"] = source.data[shown.method].to_pandas() if shown.method in names else None
    frame["unit"] = shown.unit or frame["unit"]
    if shown.method not in form.columns:
        frame["method"] = np.where(frame["unit"].isin(SHARES), *UNNAMED)
    return frame


def _value(row: Mapping[Any, Any], source: Source) -> Value:
    value, unit = float(row["value"]), str(row["unit"])
    decimals = _decimals(value)
    share = unit in SHARES
    leading = 0 if share or value == 0 else int(np.floor(np.log10(abs(value))))
    fewest = 3 if share else 3 - leading
    limits = (float(row["lower"]), float(row["upper"]))
    return Value(
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
