"""The counts that a release tells of each cell, whichever form and file they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_pipeline.audit.bounds import BIG, Flags, Floats
from equity_pipeline.audit.finding import Key
from equity_pipeline.audit.readings import (
    COMPLEMENT,
    COUNTS,
    DENOMINATOR,
    KEY,
    NUMERATOR,
    PERSONS,
    RATIO,
    SHARES,
    SUPPRESSED,
    readings,
)
from equity_pipeline.audit.release import Release
from equity_pipeline.audit.source import Source

BASE = 5  # counts of the open tier are rounded to fives


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
    few
        Fewer than this are hidden, unless there are none: a count that was rounded to less is 0.
    """

    keys: pd.DataFrame
    low: Mapping[str, Floats]
    high: Mapping[str, Floats]
    hidden: Flags
    rounded: bool
    file: pd.Series
    exempt: Flags
    few: int = BASE

    def key(self, number: int) -> Key:
        """Return the key of one cell."""
        return Key(*self.keys.loc[number, KEY])

    def of(self, chosen: Flags) -> Cells:
        """Return some of the cells."""
        return replace(
            self,
            keys=self.keys[chosen].reset_index(drop=True),
            low={name: values[chosen] for name, values in self.low.items()},
            high={name: values[chosen] for name, values in self.high.items()},
            hidden=self.hidden[chosen],
            file=self.file[chosen].reset_index(drop=True),
            exempt=self.exempt[chosen],
        )

    def beside(self, others: Cells) -> Cells:
        """Return these cells, then others that are none of them."""
        return replace(
            self,
            keys=pd.concat([self.keys, others.keys], ignore_index=True),
            low={one: np.append(low, others.low[one]) for one, low in self.low.items()},
            high={one: np.append(high, others.high[one]) for one, high in self.high.items()},
            hidden=np.append(self.hidden, others.hidden),
            file=pd.concat([self.file, others.file], ignore_index=True),
            exempt=np.append(self.exempt, others.exempt),
        )

    def people(self) -> Floats:
        """Return the least persons that each cell is told to have; NaN where no form tells it.

        A denominator is as many persons unless the indicator is seen to count something else.
        """
        persons, denominator = self.low[PERSONS], self.low[DENOMINATOR]
        other = set(self.keys.loc[np.abs(persons - denominator) > 0, "indicator"])
        of_persons = ~self.keys["indicator"].isin(other).to_numpy()
        return np.where(np.isnan(persons) & of_persons, denominator, persons)


def cells(release: Release) -> Cells:
    """Return the cells of a release, each once.

    A count that two forms tell differently lies between the two.
    """
    read = _without_expected(readings(release))
    number = read.groupby(KEY, sort=True, dropna=False).ngroup().to_numpy(np.int64)
    first = read.groupby(number).first()
    keys = first[[*KEY, "kind", "unit"]].reset_index(drop=True)
    rounded = any(_tier(one) == "open" for one in release.sources)
    few = release.limits.count
    _persons_are_denominators(read)
    grouped = read.groupby(number)[list(COUNTS)]
    low, high = grouped.min(), grouped.max()
    hidden = (read["status"] == SUPPRESSED).groupby(number).any().to_numpy()
    least = {name: few if name == NUMERATOR else release.limits.denominator for name in COUNTS}
    ends = {
        name: _before_rounding(low[name], high[name], least[name] if rounded else 0)
        for name in COUNTS
    }
    return Cells(
        keys,
        {name: ends[name][0] for name in COUNTS},
        {name: ends[name][1] for name in COUNTS},
        hidden,
        rounded,
        _files(read, number),
        keys["indicator"].isin(_exempt(release)).to_numpy(),
        few,
    )


def _files(read: pd.DataFrame, number: NDArray[Any]) -> pd.Series:
    """Return for each cell the file that tells most of it."""
    most = read[list(COUNTS)].notna().sum(axis=1).groupby(number).idxmax()
    return pd.Series(read["file"].to_numpy()[most.to_numpy(np.int64)])


def _before_rounding(low: pd.Series, high: pd.Series, least: int) -> tuple[Floats, Floats]:
    """Return between what counts lay that were rounded; those of fewer than ``least`` are hidden.

    Counts that were not rounded have no ``least``.
    """
    under, over = low.to_numpy(float), high.to_numpy(float)
    if not least:
        return under, over
    slack = (BASE - 1) // 2
    first = np.maximum(under - slack, np.where(under + slack < least, 0, least))
    return np.where(under == 0, 0.0, first), np.where(over == 0, 0.0, over + slack)


def bounds_of(made: Cells, count: str) -> tuple[Floats, Floats]:
    """Return between what a count lies for each cell: 0 and `BIG` where it is not told.

    ``complement`` is what the denominator has beyond the numerator.
    """
    if count == COMPLEMENT:
        low = made.low[DENOMINATOR] - made.high[NUMERATOR]
        high = made.high[DENOMINATOR] - made.low[NUMERATOR]
        if made.rounded:
            nobody = (high >= 0) & (high < made.few)
            low = np.where((low > 0) & ~nobody, np.maximum(low, made.few), low)
            high = np.where(nobody, 0.0, high)
    else:
        low, high = made.low[count], made.high[count]
    unknown = np.isnan(low)
    roof = made.high[DENOMINATOR]  # of a part of a denominator that is told
    shares = made.keys["unit"].isin(SHARES).to_numpy()
    inside = np.concatenate([shares, np.zeros(len(roof) - len(shares), bool)])
    inside &= count in (NUMERATOR, COMPLEMENT)
    roof = np.where(np.isnan(roof) | ~inside, BIG, roof)
    return np.where(unknown, 0.0, np.maximum(low, 0)), np.where(unknown, roof, high)


def _without_expected(read: pd.DataFrame) -> pd.DataFrame:
    """Return the readings without denominators that are expected numbers: they are nobody.

    No share has more with the outcome than there are persons.
    """
    more = (read[NUMERATOR] > read[DENOMINATOR]) & read["unit"].isin(SHARES)
    expected = read["indicator"].isin(read.loc[more, "indicator"]) & read["unit"].isin(SHARES)
    unit = read["unit"].where(~expected, RATIO)
    return read.assign(unit=unit, **{DENOMINATOR: read[DENOMINATOR].where(~expected)})


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
