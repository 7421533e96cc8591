"""How each sum holds: to the last person, with a rest, or with persons counted twice."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equity_pipeline.audit.bounds import Flags, Floats, Ints
from equity_pipeline.audit.cells import BASE
from equity_pipeline.audit.sums import PROVEN_ONLY, Sums

EXACT, RESTS, OVERLAPS, NOTHING, UNPROVEN = 0, 1, 2, 3, 4


def held_by(linked: Sums, low: Floats, high: Floats, rows: Ints, *, rounded: bool) -> Ints:
    """Return for each sum how it holds, learnt from those of its kind that are told whole.

    Parameters
    ----------
    linked
        The sums.
    low, high
        Between what each cell lies.
    rows
        The sums that are asked for.
    rounded
        Whether the counts were rounded, so that sums are off by some.

    Notes
    -----
    Where no sum of the kind is told whole it is taken to hold to the last person, unless some
    part that others have is absent: that part is then the rest. What is no hierarchy of the
    vocabulary, as periods, counts only where every whole sum of its kind holds.
    """
    rest, whole = _rests(linked, low, high, rounded=rounded)
    complete = _complete(linked)
    table = pd.DataFrame(
        {
            "relation": linked.relation[rows],
            "kind": linked.kind[rows],
            "complete": complete[rows],
            "rest": np.where(whole[rows], rest[rows], np.nan),
        }
    )
    nearest, wider = _verdicts(table, "kind"), _verdicts(table, "relation")
    made = np.where(nearest == UNPROVEN, wider, nearest)
    unsaid = np.isin(linked.relation[rows].astype(str), PROVEN_ONLY)
    told = np.where(complete[rows], EXACT, RESTS)
    made = np.where((made == UNPROVEN) & ~unsaid, told, made)
    return np.where(unsaid & (made != EXACT), NOTHING, made)


def _rests(linked: Sums, low: Floats, high: Floats, *, rounded: bool) -> tuple[Floats, Flags]:
    """Return what each total has beyond its parts, and whether all of that is published."""
    size = len(linked.total)
    known: Flags = high - low < BASE
    middle = (low + high) / 2
    n_parts = np.bincount(linked.row, minlength=size)
    n_known = np.bincount(linked.row, known[linked.cell], size)
    rest = middle[linked.total] - np.bincount(linked.row, middle[linked.cell], size)
    if rounded:
        rest = np.where(np.abs(rest) <= (n_parts + 1) * BASE / 2, 0.0, rest)
    return rest, (n_parts == n_known) & known[linked.total]


def _complete(linked: Sums) -> Flags:
    """Return which sums have as many parts as any of their kind."""
    n_parts = np.bincount(linked.row, minlength=len(linked.total))
    total = linked.keys.iloc[linked.total]
    table = pd.DataFrame(
        {
            "kind": linked.kind,
            "dimension": total["dimension"].to_numpy(),
            "level": np.where(total["dimension"] == linked.relation, total["level"], ""),
            "n": n_parts,
        }
    )
    most = table.groupby(["kind", "dimension", "level"])["n"].transform("max")
    return np.asarray(n_parts == most.to_numpy(), bool)


def _verdicts(table: pd.DataFrame, by: str) -> Ints:
    rest = table.groupby([by, "complete"])["rest"]
    least, most = rest.transform("min").to_numpy(), rest.transform("max").to_numpy()
    made = np.where(least < 0, OVERLAPS, np.where(most > 0, RESTS, EXACT))
    return np.where(np.isnan(least), UNPROVEN, made).astype(np.int64)
