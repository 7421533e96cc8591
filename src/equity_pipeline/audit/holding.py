"""How each sum holds: to the last person, with a rest, or with persons counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from equity_pipeline.audit.bounds import Flags, Floats, Ints
from equity_pipeline.audit.cells import BASE
from equity_pipeline.audit.sums import PROVEN_ONLY
from equity_pipeline.audit.within import Within

EXACT, RESTS, OVERLAPS, NOTHING, UNPROVEN = 0, 1, 2, 3, 4


Elsewhere = Mapping[tuple[str, bool], int]


def learnt(held: Iterable[Within], count: str) -> Elsewhere:
    """Return how sums that are told whole hold in all indicators.

    Returns
    -------
    mapping
        By what adds up and whether all parts are there: with a rest where most leave one, else to
        the last person. Where some indicator counts persons twice nothing is learnt for others.
    """
    tables = [pd.DataFrame({"relation": [""], "complete": [False], "rest": [-1.0]})]
    for one in held:
        if count in one.counts:
            rest, whole = _rests(one, one.low[count], one.high[count])
            told = {"relation": one.relation, "complete": one.complete, "rest": rest}
            tables.append(pd.DataFrame(told)[whole])
    table = pd.concat(tables, ignore_index=True)
    rests = table.groupby(["relation", "complete"])["rest"]
    ends = pd.DataFrame({"least": rests.min(), "middle": rests.median()}).reset_index()
    return {
        (str(one["relation"]), bool(one["complete"])): RESTS if one["middle"] > 0 else EXACT
        for one in ends[ends["least"] >= 0].to_dict("records")
    }


def held_by(one: Within, low: Floats, high: Floats, elsewhere: Elsewhere) -> Ints:
    """Return for each sum how it holds, learnt from those of its kind that are told whole.

    Parameters
    ----------
    one
        The sums of an indicator.
    low, high
        Between what each cell lies.
    elsewhere
        How such sums hold in other indicators, from `learnt`.

    Notes
    -----
    Where no sum of the kind is told whole in the indicator it is taken to hold as it does in
    others: who is too young for a level of education is so everywhere. Where none is told at all
    it holds to the last person, unless some part that others have is absent: that part is then
    the rest. What is no hierarchy of the vocabulary, as periods, counts only where every whole sum
    of its kind holds.
    """
    rest, whole = _rests(one, low, high)
    relation, _ = pd.factorize(one.relation)
    table = pd.DataFrame(
        {
            "relation": relation,
            "kind": one.kind,
            "complete": one.complete,
            "rest": np.where(whole, rest, np.nan),
        }
    )
    nearest, wider = _verdicts(table, "kind"), _verdicts(table, "relation")
    made = np.where(nearest == UNPROVEN, wider, nearest)
    unsaid = np.isin(one.relation.astype(str), PROVEN_ONLY)
    pairs = zip(one.relation.astype(str), one.complete.tolist(), strict=True)
    told = np.array([elsewhere.get(pair, EXACT if pair[1] else RESTS) for pair in pairs], np.int64)
    made = np.where((made == UNPROVEN) & ~unsaid, told, made)
    return np.where(unsaid & (made != EXACT), NOTHING, made)


def _rests(one: Within, low: Floats, high: Floats) -> tuple[Floats, Flags]:
    """Return what each total has beyond its parts, and whether all of that is published."""
    size = len(one.total)
    known: Flags = high - low < BASE
    middle = (low + high) / 2
    n_parts = np.bincount(one.row, minlength=size)
    n_known = np.bincount(one.row, known[one.cell], size)
    rest = middle[one.total] - np.bincount(one.row, middle[one.cell], size)
    if one.rounded:
        rest = np.where(np.abs(rest) <= (n_parts + 1) * BASE / 2, 0.0, rest)
    return rest, (n_parts == n_known) & known[one.total]


def _verdicts(table: pd.DataFrame, by: str) -> Ints:
    rest = table.groupby([by, "complete"])["rest"]
    least, most = rest.transform("min").to_numpy(), rest.transform("max").to_numpy()
    made = np.where(least < 0, OVERLAPS, np.where(most > 0, RESTS, EXACT))
    return np.where(np.isnan(least), UNPROVEN, made).astype(np.int64)
