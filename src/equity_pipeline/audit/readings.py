"""What each row of each form tells: of which cell it is, and the counts that stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.audit.bounds import Ints
from equity_pipeline.audit.finding import Key
from equity_pipeline.audit.release import Release
from equity_pipeline.audit.source import Source
from equity_pipeline.vocabulary import ALL, MISSING, STRATA, TOTAL, vocabulary

KEY = list(Key._fields)
PERSONS, DENOMINATOR, NUMERATOR = "persons", "denominator", "numerator"
COMPLEMENT = "complement"
COUNTS = (PERSONS, DENOMINATOR, NUMERATOR)
SHARES = ("percent", "")  # forms without a unit tell shares
RATIO = "ratio"
NOWHERE = -1  # the number of a cell that is not there
BETWEEN = "\x1f"  # parts of a key that is one text; stands in no code
KNOWN = "(known)"  # everyone whose level of a dimension is known
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
# everybody in a stratum, and those who are in none: they are not the total
CROSSED: Mapping[str, Mapping[str, str]] = {
    "maihda_model": {ALL: "n_persons", MISSING: "n_left_out"}
}
# counts that a form tells of others than its cells are of elsewhere: who began to wait is not who
# was seen, and they stand under the indicator's name with a word of their own
BEGUN, GAVE_UP, WAITING = "{} (begun)", "{} (gave up)", "{} (waiting)"
ASIDE: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "waits": {
        "{}": {DENOMINATOR: "n_finished"},
        BEGUN: {PERSONS: "n_persons", DENOMINATOR: "n_waits"},
        GAVE_UP: {NUMERATOR: "n_gave_up"},
        WAITING: {NUMERATOR: "n_waiting"},
    }
}


def readings(release: Release) -> pd.DataFrame:
    """Return a row for each cell that each row of each form is of, with the counts it tells."""
    made = [frame for one in release.sources for frame in frames_of(one)]
    if not made:
        return pd.DataFrame(columns=[*KEY, "kind", "unit", "status", "form", "file", *COUNTS])
    return pd.concat(made, ignore_index=True)


def frames_of(source: Source) -> Iterator[pd.DataFrame]:
    """Yield for each cell that the rows of a table are of a frame with a row for each of them."""
    form = vocabulary().forms[source.form]
    names = set(source.data.column_names)
    for words, told in ASIDE.get(source.form, {}).items():
        frame = frame_of(source, form.door.cell, {k: v for k, v in told.items() if v in names})
        frame["indicator"] = frame["indicator"].map(words.format)
        yield frame
    for level, count in CROSSED.get(source.form, {}).items():
        cell = {**form.door.cell, "dimension": f"={STRATA}", "level": f"={level}"}
        yield frame_of(source, cell, {PERSONS: count} if count in names else {})
    if form.door.by == "cell" and source.form not in (*ASIDE, *CROSSED):
        cell = dict(form.door.cell)
        counts = dict(zip((DENOMINATOR, NUMERATOR), form.door.counts, strict=False))
        if "n_persons" in form.columns:
            counts[PERSONS] = "n_persons"
        yield frame_of(source, cell, {k: v for k, v in counts.items() if v in names})
    for level, count in BESIDE.get(source.form, ()):
        if {level, count} <= names:
            cell = {**form.door.cell, "level": level, "strat2_level": f"={ALL}"}
            yield frame_of(source, cell, {DENOMINATOR: count}, all_levels=KNOWN)


def frame_of(
    source: Source, cell: Mapping[str, str], counts: Mapping[str, str], *, all_levels: str = ALL
) -> pd.DataFrame:
    """Return the cell of each row of a table, with its status and counts.

    Parameters
    ----------
    source
        The table.
    cell
        Where parts of the key stand under another name, or ``=`` and what they always are.
    counts
        The columns that hold counts of the cell.
    all_levels
        What all levels of a dimension are called: those that are known, where a form tells of
        them.
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
    plain = (frame["level"] != ALL) | (frame["dimension"] == TOTAL)
    frame["level"] = frame["level"].where(plain, all_levels)
    return _canonical(frame)


class Numbers:
    """The numbers of some keys, each of which stands once.

    Examples
    --------
    >>> both = pd.DataFrame([["VT01", *"abcdef"], ["VT02", *"abcdef"]], columns=KEY)
    >>> Numbers(both[1:]).of(both).tolist()
    [-1, 0]
    """

    def __init__(self, keys: pd.DataFrame) -> None:
        self._known = _as_text(keys)

    def of(self, frame: pd.DataFrame) -> Ints:
        """Return the number of each row's key; -1 where it is none of them."""
        found = pc.index_in(_as_text(frame), self._known).fill_null(NOWHERE)
        return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)


def _as_text(frame: pd.DataFrame) -> pa.Array:
    parts = [pa.array(frame[name], pa.string(), from_pandas=True) for name in KEY]
    return pc.binary_join_element_wise(
        *parts, BETWEEN, null_handling="replace", null_replacement=BETWEEN
    )


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
