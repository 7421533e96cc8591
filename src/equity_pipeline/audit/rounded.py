"""The open tier: counts that were not rounded, and shares that tell more than rounded counts do.

A share of the true counts beside the rounded ones gives these away: 0.504854 of about 105 is 52 of
103. What may stand beside rounded counts is only what anyone could reckon from them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.intervals import wilson
from equity_pipeline.audit.source import Source
from equity_pipeline.vocabulary import Reckoned, vocabulary

OPEN = "open"
UNROUNDED, BESIDE = "not_rounded", "unrounded_share"
MORE = "number_of_another_tier"
EVERYTHING = ("*",)
METHOD = "ci_method"  # of the shares' intervals
OF_AREAS = "n_persons"  # what no person stands behind has values without it
ENDS = {"": 0, "_lower": 1, "_upper": 2}


def attack(by: Attacker) -> list[Finding]:
    """Return what the open tier tells beyond rounded counts."""
    return [one for source in by.release.sources for one in _of_source(source)]


def _of_source(source: Source) -> Iterator[Finding]:
    tier = vocabulary().tiers[OPEN]
    if "disclosure_tier" not in source.data.column_names:
        return
    frame = source.data.to_pandas()
    frame = frame[frame["disclosure_tier"].eq(OPEN)]
    held = (tier.forms or {}).get(source.form)
    if not len(frame):
        return
    if held is None:
        yield _found(MORE, source, "", "a form that the open tier does not have")
        return
    if held.numbers == EVERYTHING:
        return
    for name in set(held.numbers) & set(frame.columns):
        if (pd.to_numeric(frame[name]) % tier.count_step > 0).any():
            yield _found(UNROUNDED, source, name, "a count that was not rounded")
    for name, share in held.shares.items():
        yield from _shares(source, frame, name, share)
    allowed = {METHOD, *held.numbers, *(name + end for name in held.shares for end in ENDS)}
    yield from _more(source, frame, allowed)


def _shares(source: Source, frame: pd.DataFrame, name: str, share: Reckoned) -> Iterator[Finding]:
    """Yield a share, or an end of its interval, that is not reckoned from the rounded counts."""
    frame = frame[_of_persons(frame)]
    part, whole = (pd.to_numeric(frame[one]).to_numpy(float) for one in (share.part, share.whole))
    with np.errstate(divide="ignore", invalid="ignore"):
        fitting = (part / whole, *wilson(part, whole))
    fewest = vocabulary().tiers[OPEN].share_decimals or 0
    for end, number in ENDS.items():
        if name + end not in frame.columns:
            continue
        told = pd.to_numeric(frame[name + end]).to_numpy(float)
        near = np.abs(told - fitting[number]) <= 0.51 * 10.0 ** -_decimals(told, fewest)
        if (np.isfinite(told) & np.isfinite(whole) & ~near).any():
            yield _found(BESIDE, source, name + end, "it does not follow from the rounded counts")


def _decimals(told: np.ndarray, fewest: int) -> np.ndarray:
    """Return how many decimals each value has, at least those that every share has."""
    texts = [f"{one:.12f}".rstrip("0").partition(".")[2] for one in told]
    return np.array([max(len(text), fewest) for text in texts], float)


def _more(source: Source, frame: pd.DataFrame, allowed: set[str]) -> Iterator[Finding]:
    """Yield numbers that the tier does not have, in rows that persons stand behind."""
    form = vocabulary().forms[source.form]
    columns = form.columns[form.columns.index("value_status") + 1 :]
    for name in columns:
        if name in frame and name not in {*allowed, *form.door.kept}:
            told = frame.loc[_of_persons(frame), name]
            if told.notna().any():
                yield _found(MORE, source, name, "a number that the open tier does not have")


def _of_persons(frame: pd.DataFrame) -> pd.Series:
    """Return the rows that persons stand behind; others are published elsewhere as they are."""
    return frame[OF_AREAS].notna() if OF_AREAS in frame else pd.Series(True, index=frame.index)


def _found(attack: str, source: Source, column: str, words: str) -> Finding:
    return Finding(attack, Key(indicator=source.form), column, source.file, words)
