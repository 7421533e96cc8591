"""What adds up to what by the vocabulary's hierarchies, and which sums the release shows to hold.

Sexes sum to both, the levels of a dimension to the total, places to the larger place, units of a
provider type to that type, and periods that tile a longer one to it. Whether a sum holds to the
last person, leaves a rest or counts some persons twice is learnt as an attacker would learn it:
from the sums of the same kind that are published whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_pipeline.audit.bounds import Ints
from equity_pipeline.audit.cells import Cells
from equity_pipeline.audit.readings import KEY, KNOWN
from equity_pipeline.audit.release import Release
from equity_pipeline.vocabulary import ALL, MISSING, STRATA, TOTAL

MUNICIPALITY_DIGITS = 4  # of the code of an area within it
DAYS_IN_A_MONTH = 30.4
STRUCTURE = {"provider_type": "units of a provider", "financing_type": "units of a financing"}
Span = tuple[str, str]
# taken as sums only where the release shows that they are
PROVEN_ONLY = ("period", *STRUCTURE.values())


@dataclass(frozen=True, slots=True)
class Sums:
    """Many sums over the cells of ``keys``, some of which no form tells of.

    Attributes
    ----------
    keys
        The keys of the cells, those of the release first, then those that are only implied.
    total
        For each sum the number of its total.
    relation, kind
        For each sum what adds up, and for which kind of indicator and place.
    row, cell
        One entry a part: its sum and its number.
    """

    keys: pd.DataFrame
    total: Ints
    relation: NDArray[np.object_]
    kind: NDArray[np.object_]
    row: Ints
    cell: Ints


def sums(made: Cells, release: Release) -> Sums:
    """Return every sum that the hierarchies imply among the cells of a release."""
    keys = made.keys[[*KEY, "kind"]].copy()
    keys["number"] = np.arange(len(keys))
    found: list[pd.DataFrame] = []
    structures = partial(_structures, release=release)
    for relation in (_sexes, _levels, _places, structures, _periods):
        for links in relation(keys):
            keys, numbered = _numbered(keys, links)
            found.append(numbered)
    links = (
        pd.concat(found, ignore_index=True)
        if found
        else pd.DataFrame(columns=["total", "relation", "class", "number"])
    )
    row = links.groupby(["relation", "total", "split"]).ngroup() if found else links["total"]
    first = links.groupby(row.to_numpy()).first()
    return Sums(
        keys.drop(columns="number"),
        first["total"].to_numpy(np.int64),
        first["relation"].to_numpy(object),
        first["class"].to_numpy(object),
        np.asarray(row, np.int64),
        links["number"].to_numpy(np.int64),
    )


def _numbered(keys: pd.DataFrame, links: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the keys with the totals that no form tells of, and the links with their numbers.

    Links have the part's number, and the total's key under the names of the key.
    """
    joined = links.merge(keys[[*KEY, "number"]].rename(columns={"number": "total"}), "left", KEY)
    absent = joined["total"].isna()
    if absent.any():
        new = joined.loc[absent, [*KEY, "kind"]].drop_duplicates(KEY)
        new["number"] = np.arange(len(keys), len(keys) + len(new))
        keys = pd.concat([keys, new], ignore_index=True)
        return _numbered(keys, links)
    joined["class"] = joined["indicator"] + "|" + joined["relation"] + "|" + joined["kind"]
    joined["total"] = joined["total"].astype(np.int64)
    return keys, joined[["total", "relation", "split", "class", "number"]]


def _linked(parts: pd.DataFrame, relation: str | pd.Series, **total: Any) -> pd.DataFrame:
    """Return links of parts to the total whose key is theirs but for some columns."""
    return parts.assign(relation=relation, split="", **total)


def _sexes(keys: pd.DataFrame) -> Iterator[pd.DataFrame]:
    parts = keys[keys["sex"] != ALL]
    if len(parts):
        yield _linked(parts, "sex", sex=ALL)


def _levels(keys: pd.DataFrame) -> Iterator[pd.DataFrame]:
    strata = keys["dimension"] == STRATA
    known = keys["level"] == KNOWN
    parts = keys[(keys["dimension"] != TOTAL) & ~strata & ~known]
    if len(parts):
        yield _linked(parts, parts["dimension"], dimension=TOTAL, level=ALL)
    cell = [name for name in KEY if name != "level"]
    of_known = parts[parts["level"] != MISSING].merge(keys.loc[known, cell], "inner", cell)
    if len(of_known):
        yield _linked(of_known, "known_levels", level=KNOWN)
    everybody = keys["level"].isin([ALL, MISSING])
    parts = keys[strata & ~everybody]
    if len(parts):
        yield _linked(parts, STRATA, level=ALL)
    parts = keys[strata & everybody]
    if len(parts):
        yield _linked(parts, "crossed", dimension=TOTAL, level=ALL)


def _places(keys: pd.DataFrame) -> Iterator[pd.DataFrame]:
    kinds = keys.drop_duplicates("place").set_index("place")["kind"]
    regions = list(kinds.index[kinds == "region"])
    if len(regions) != 1:
        return
    towns = set(kinds.index[kinds == "municipality"])
    smaller = keys[~keys["kind"].isin(["region", "country", "municipality", "unit"])]
    larger = smaller["place"].str[:MUNICIPALITY_DIGITS]
    within = larger.isin(towns)
    if within.any():
        parts = smaller[within]
        yield _linked(parts, parts["kind"], place=larger[within], kind="municipality")
    outer = [smaller[~within], keys[keys["kind"].isin(["municipality", "unit"])]]
    parts = pd.concat(outer)
    if len(parts):
        yield _linked(parts, parts["kind"], place=regions[0], kind="region")


def _structures(keys: pd.DataFrame, release: Release) -> Iterator[pd.DataFrame]:
    """Yield the units of a provider type as parts of the region's cell of that type."""
    kinds = keys.drop_duplicates("place").set_index("place")["kind"]
    regions = list(kinds.index[kinds == "region"])
    whole = keys[(keys["kind"] == "unit") & (keys["dimension"] == TOTAL)]
    if len(regions) != 1 or not len(whole):
        return
    for name, relation in STRUCTURE.items():
        types = _types(release, name)
        parts = whole[whole["place"].isin(list(types))]
        if len(parts):
            level = parts["place"].map(types)
            total = {"dimension": name, "level": level, "place": regions[0], "kind": "region"}
            yield _linked(parts, relation, **total)


def _types(release: Release, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in release.of("unit_variation"):
        if {name, "geography_code"} <= set(one.data.column_names):
            rows = one.data.select(["geography_code", name]).to_pandas().dropna()
            found |= dict(zip(rows["geography_code"], rows[name], strict=True))
    return found


def _periods(keys: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield shorter periods as parts of each longer one of the same cell that is told of."""
    longer = {"period_start": "long_start", "period_end": "long_end"}
    filled = _tilings_of(keys)
    if not len(filled):
        return
    parts = keys.merge(filled, "inner", ["indicator", "kind", *longer])
    cell = [name for name in KEY if name not in longer]
    longs = keys[KEY].rename(columns=longer)
    parts = parts.merge(longs, "inner", [*cell, *longer.values()])
    if len(parts):
        split = parts["split"]
        parts = parts.drop(columns=[*longer, "split"])
        yield parts.rename(columns={new: old for old, new in longer.items()}).assign(
            relation="period", split=split
        )


def _tilings_of(keys: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each period within a longer one that it and its like fill."""
    names = ["indicator", "kind", "period_start", "period_end"]
    rows = []
    for (indicator, kind), told in keys[names].drop_duplicates().groupby(names[:2]):
        spans = sorted(told[names[2:]].itertuples(index=False, name=None))
        for number, (long, parts) in enumerate(tilings(spans)):
            rows += [(indicator, kind, *one, *long, str(number)) for one in parts]
    return pd.DataFrame(rows, columns=[*names, "long_start", "long_end", "split"])


def tilings(
    spans: list[tuple[str, str]],
) -> Iterator[tuple[tuple[str, str], list[tuple[str, str]]]]:
    """Yield each period with the shorter ones of one length that fill it.

    Examples
    --------
    >>> halves = [("2024-01-01", "2024-07-01"), ("2024-07-01", "2025-01-01")]
    >>> list(tilings([("2024-01-01", "2025-01-01"), *halves]))[0][1] == halves
    True
    """
    by_months: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        if all(span):
            by_months[_months(*span)].append(span)
    for months, longs in by_months.items():
        for long in longs:
            for shorter, shorts in by_months.items():
                parts = [s for s in shorts if long[0] <= s[0] and s[1] <= long[1]]
                if shorter < months and _tile(long, parts):
                    yield long, parts


def _months(start: str, end: str) -> int:
    days = (date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])).days
    return round(days / DAYS_IN_A_MONTH)


def _tile(long: Span, parts: list[Span]) -> bool:
    borders = [long[0], *(end for _, end in parts)]
    return bool(parts) and borders[-1] == long[1] and borders[:-1] == [one for one, _ in parts]
