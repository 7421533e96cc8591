"""The crude values that stand beside hidden counts, in whichever form: what is told of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.finding import Key
from equity_pipeline.audit.intervals import UNNAMED
from equity_pipeline.audit.readings import BEGUN, DENOMINATOR, KEY, NUMERATOR, SHARES, frame_of
from equity_pipeline.audit.source import Source
from equity_pipeline.vocabulary import ALL, vocabulary

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


def _told(by: Attacker) -> pd.DataFrame:
    made = by.cells
    return made.keys[KEY].assign(
        known_d=made.low[DENOMINATOR], known_n=made.low[NUMERATOR], exempt=made.exempt
    )


def beside_hidden(by: Attacker) -> Iterator[Value]:
    """Yield every crude value of a cell whose numerator no form tells."""
    told = _told(by)
    for source in by.release.sources:
        for shown in CRUDE.get(source.form, ()):
            if shown.column not in source.data.column_names:
                continue
            frame = _values(source, shown).merge(told, "left", KEY)
            exempt = frame["exempt"].eq(True)
            open_ = frame["value"].notna() & frame["known_n"].isna() & ~exempt
            counts = frame["unit"].isin([*SHARES, *FACTORS])
            for row in frame[open_ & counts].to_dict("records"):
                yield _value(row, source)


def from_gaps(by: Attacker) -> Iterator[Value]:
    """Yield what a gap tells of its focus level where the reference is told and the focus is not.

    A crude difference to a share that is told is the other share.
    """
    told = _told(by)
    of_reference = {name: f"{name}_beside" for name in ("known_n", "known_d")}
    for source in by.release.of("gap"):
        if not {"gap_abs", "adjustment"} <= set(source.data.column_names):
            continue
        frame = _values(source, Shown("focus_level", "gap_abs")).merge(told, "left", KEY)
        reference = frame_of(source, {"level": "reference_level", "strat2_level": f"={ALL}"}, {})
        crude = source.data["adjustment"].to_pandas().eq("crude").to_numpy()  # as `_values` has it
        beside = reference[crude][KEY].merge(told.rename(columns=of_reference), "left", KEY)
        frame = frame.assign(**{one: beside[one].to_numpy() for one in of_reference.values()})
        open_ = frame["value"].notna() & frame["known_n"].isna() & ~frame["exempt"].eq(True)
        open_ &= frame["known_n_beside"].notna() & frame["unit"].isin(SHARES)
        for row in frame[open_].to_dict("records"):
            one, to = _value(row, source), (row["known_n_beside"], row["known_d_beside"])
            yield replace(one, beside=to)


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
    for name, own in (("method", shown.method), ("adjustment", "adjustment")):
        frame[name] = source.data[own].to_pandas() if own in names else None
    frame["unit"] = shown.unit or frame["unit"]
    if shown.method not in form.columns:
        frame["method"] = np.where(frame["unit"].isin(SHARES), *UNNAMED)
    if source.form in ("gap", "trend"):
        frame = frame[frame["adjustment"].eq("crude")]
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
