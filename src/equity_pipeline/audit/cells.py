"""The counts that a release tells of each cell, whichever form and file they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from equity_pipeline.audit.bounds import BIG, Flags, Floats
from equity_pipeline.audit.finding import Key
from equity_pipeline.audit.release import Release, Source
from equity_pipeline.vocabulary import ALL, TOTAL, vocabulary

KEY = list(Key._fields)
PERSONS, DENOMINATOR, NUMERATOR = "persons", "denominator", "numerator"
COMPLEMENT = "complement"
COUNTS = (PERSONS, DENOMINATOR, NUMERATOR)
SHARES = ("percent", "")  # forms without a unit tell shares
BASE = 5  # counts of the open tier are rounded to fives
STRATA = "strata"
SUPPRESSED, SHOWN = "suppressed", "shown"
DOOR_NAMES = {
    "indicator": "indicator_id",
    "place": "geography_code",
    "sex": "strat2_level",
}
# where a form tells the denominator of another cell than its own, or beside what its door counts
BESIDE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "gap": (("focus_level", "n_focus"), ("reference_level", "n_reference")),
    "excess_burden": (("level", "n"),),
    "structure_variation": (("level", "n_denominator"),),
}


@dataclass(frozen=True, slots=True)
class Cells:
    """Every cell that is told of or hidden, once.

    Attributes
    ----------
    keys
        Columns of `Key`, with ``kind`` (what kind of place) and ``unit`` (of the indicator).
    low, high
        For each count, between what it is published to lie; NaN where no form tells it.
    hidden
        Whether at least one form has a hidden row of the cell.
    rounded
        Whether the counts were rounded.
    file
        The file that tells most of the cell, for the finding.
    exempt
        Whether the indicator counts no persons.
    """

    keys: pd.DataFrame
    low: Mapping[str, Floats]
    high: Mapping[str, Floats]
    hidden: Flags
    rounded: bool
    file: pd.Series
    exempt: Flags

    def key(self, number: int) -> Key:
        """Return the key of one cell."""
        return Key(*self.keys.loc[number, KEY])


def readings(release: Release) -> pd.DataFrame:
    """Return a row for each cell that each row of each form is of, with the counts it tells."""
    made = [frame for one in release.sources for frame in frames_of(one)]
    if not made:
        return pd.DataFrame(columns=[*KEY, "kind", "unit", "status", "form", "file", *COUNTS])
    return pd.concat(made, ignore_index=True)


def cells(release: Release) -> Cells:
    """Return the cells of a release, each once.

    A count that two forms tell differently lies between the two.
    """
    read = readings(release)
    number = read.groupby(KEY, sort=True, dropna=False).ngroup().to_numpy()
    first = read.groupby(number).first()
    keys = first[[*KEY, "kind", "unit"]].reset_index(drop=True)
    rounded = any(_tier(one) == "open" for one in release.sources)
    slack = (BASE - 1) // 2 if rounded else 0
    _persons_are_denominators(read)
    grouped = read.groupby(number)[list(COUNTS)]
    low, high = grouped.min(), grouped.max()
    hidden = (read["status"] == SUPPRESSED).groupby(number).any().to_numpy()
    return Cells(
        keys,
        {name: np.maximum(low[name].to_numpy(float) - slack, 0) for name in COUNTS},
        {name: high[name].to_numpy(float) + slack for name in COUNTS},
        hidden,
        rounded,
        first["file"].reset_index(drop=True),
        keys["indicator"].isin(_exempt(release)).to_numpy(),
    )


def bounds_of(made: Cells, count: str) -> tuple[Floats, Floats]:
    """Return between what a count lies for each cell: 0 and `BIG` where it is not told.

    ``complement`` is what the denominator has beyond the numerator.
    """
    if count == COMPLEMENT:
        low = made.low[DENOMINATOR] - made.high[NUMERATOR]
        high = made.high[DENOMINATOR] - made.low[NUMERATOR]
    else:
        low, high = made.low[count], made.high[count]
    unknown = np.isnan(low)
    roof = made.high[DENOMINATOR]  # of a part of a denominator that is told
    shares = made.keys["unit"].isin(SHARES).to_numpy()
    inside = np.concatenate([shares, np.zeros(len(roof) - len(shares), bool)])
    inside &= count in (NUMERATOR, COMPLEMENT)
    roof = np.where(np.isnan(roof) | ~inside, BIG, roof)
    return np.where(unknown, 0.0, np.maximum(low, 0)), np.where(unknown, roof, high)


def _persons_are_denominators(read: pd.DataFrame) -> None:
    """Tell the denominator of a cell by its persons where the indicator counts persons."""
    both = read[PERSONS].notna() & read[DENOMINATOR].notna()
    differs = both & (read[PERSONS] != read[DENOMINATOR])
    counts_others = read["indicator"].isin(read.loc[differs, "indicator"])
    counts_persons = read["indicator"].isin(read.loc[both, "indicator"]) & ~counts_others
    read.loc[counts_persons, DENOMINATOR] = read[DENOMINATOR].fillna(read[PERSONS])


def _tier(source: Source) -> str:
    names = source.data.column_names
    column = source.data["disclosure_tier"] if "disclosure_tier" in names else []
    return next((str(one) for one in column), "")


def _exempt(release: Release) -> set[str]:
    """Return the indicators that show values and never a person."""
    told: set[str] = set()
    shown: set[str] = set()
    for one in release.of("stratified"):
        if not {"n_persons", "n_denominator"} <= set(one.data.column_names):
            continue
        rows = one.data.select(["indicator_id", "n_persons", "n_denominator"]).to_pandas()
        shown |= set(rows.loc[rows["n_denominator"].notna(), "indicator_id"])
        told |= set(rows.loc[rows["n_persons"].notna(), "indicator_id"])
    return shown - told


def frames_of(source: Source) -> Iterator[pd.DataFrame]:
    """Yield for each cell that the rows of a table are of a frame with a row for each of them."""
    form = vocabulary().forms[source.form]
    names = set(source.data.column_names)
    if form.door.by == "cell":
        cell = dict(form.door.cell)
        counts = dict(zip((DENOMINATOR, NUMERATOR), form.door.counts, strict=False))
        if "n_persons" in form.columns:
            counts[PERSONS] = "n_persons"
        if source.form == "maihda_model":
            cell["dimension"] = f"={STRATA}"
        yield frame_of(source, cell, {k: v for k, v in counts.items() if v in names})
    for level, count in BESIDE.get(source.form, ()):
        if {level, count} <= names:
            cell = {**form.door.cell, "level": level, "strat2_level": f"={ALL}"}
            yield frame_of(source, cell, {DENOMINATOR: count})


def frame_of(source: Source, cell: Mapping[str, str], counts: Mapping[str, str]) -> pd.DataFrame:
    """Return the cell of each row of a table, with its status and counts.

    Parameters
    ----------
    source
        The table.
    cell
        Where parts of the key stand under another name, or ``=`` and what they always are.
    counts
        The columns that hold counts of the cell.
    """
    data = source.data
    made = {name: _part(data, cell, name) for name in KEY}
    made["kind"] = _text(data, "geography_level", "unit")
    made["unit"] = _text(data, "unit_of_measure", "")
    made["status"] = _text(data, "value_status", SHOWN)
    frame = pd.DataFrame(made)
    frame["form"], frame["file"] = source.form, source.file
    for name in COUNTS:
        known = name in counts
        frame[name] = data[counts[name]].to_pandas().astype(float) if known else np.nan
    return _canonical(frame)


def _part(data: pa.Table, cell: Mapping[str, str], name: str) -> pd.Series:
    known = DOOR_NAMES.get(name, name)
    column = cell.get(known, known)
    if column.startswith("="):
        return pd.Series([column[1:]] * data.num_rows, dtype=object)
    return _text(data, column, ALL if name == "sex" else "")


def _text(data: pa.Table, name: str, otherwise: str) -> pd.Series:
    if name not in data.column_names:
        return pd.Series([otherwise] * data.num_rows, dtype=object)
    column = data[name].cast(pa.string()).fill_null(otherwise)
    return pd.Series(column.to_pylist(), dtype=object)


def _canonical(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with each cell under one key.

    The sexes of the total are levels of sex too, and all of a dimension are the total.
    """
    is_sex = (frame["dimension"] == "sex") & (
        (frame["sex"] == ALL) | (frame["sex"] == frame["level"])
    )
    frame.loc[is_sex, "sex"] = frame.loc[is_sex, "level"]
    of_all = (frame["level"] == ALL) & (frame["dimension"] != STRATA)
    frame.loc[is_sex | of_all, ["dimension", "level"]] = [TOTAL, ALL]
    return frame
