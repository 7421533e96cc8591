"""Judges whether the forms after T2 say what was planted; every fault is a sentence.

The bounds on intervals are those of `judging`: of some regions at least `fewest` must hold the
truth, and the distances from it must not lie to one side. What a table says in words is asked of
every region; where chance may say otherwise in a small one, of large regions alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot, nan
from statistics import fmean
from typing import Any

import pandas as pd

from equity_pipeline.synthetic.plants import BAS_BREAK
from tests.flows.claims import FORM_CLAIMS, FormClaim
from tests.flows.judging import HALF, LARGE, Seen, Truths, misses, most
from tests.flows.planted import YEAR_END, Region

PER_100 = 100.0  # the unit of TG05
Limits = tuple[float, float, float]  # a value, its lower and its upper limit


@dataclass(frozen=True, slots=True)
class Told:
    """The forms of one region, before the door or published, and how many persons it has."""

    persons: int
    forms: Mapping[str, pd.DataFrame]

    @classmethod
    def of(cls, region: Region) -> Told:
        tables = region.tabulated.tables
        return cls(
            region.persons,
            {name: one.data.to_pandas(date_as_object=True) for name, one in tables.items()},
        )


def judge_forms(plant: str, regions: Sequence[Told], truths: Sequence[Truths]) -> list[str]:
    """Return what the forms say otherwise than what was planted; empty when all is well.

    ``truths`` are those of each region with the plant: for data without it, of its twin.
    """
    return [fault for claim in FORM_CLAIMS[plant] for fault in judge_form(claim, regions, truths)]


def judge_form(claim: FormClaim, regions: Sequence[Told], truths: Sequence[Truths]) -> list[str]:
    """Return what the forms say otherwise than one claim."""
    own = [one[claim.truth] for one in truths]
    return [f"{claim.truth} in {claim.form}: {one}" for one in _claim(claim, regions, own)]


def _claim(
    claim: FormClaim, regions: Sequence[Told], truths: Sequence[Mapping[str, Any]]
) -> list[str]:
    rows = [rows_of(one, claim) for one in regions]
    lacking = sum(one.empty for one in rows)
    if lacking:
        return [f"{lacking} of {len(rows)} regions have no such row"]
    faults = _words(claim, rows, is_large=regions[0].persons >= LARGE)
    if claim.column is None:
        return faults
    pairs = list(zip(regions, rows, truths, strict=True))
    if claim.is_exact:
        wrong = sum(not (row[claim.column] == truth["true_value"]).all() for _, row, truth in pairs)
        return faults + ([f"another {claim.column} in {wrong} regions"] if wrong else [])
    found = [_seen(claim, *one) for one in pairs]
    unknown = sum(one.value != one.value for one in found)
    if unknown:
        return [*faults, f"no {claim.column} in {unknown} of {len(found)} regions"]
    return faults + misses(found)


def rows_of(region: Told, claim: FormClaim) -> pd.DataFrame:
    """Return the rows of a form that a claim speaks of."""
    held = region.forms[claim.form]
    key = dict(claim.key)
    if claim.form != "programme_effect":
        key = {"geography_level": "region", "period_end": YEAR_END, **key}
    for column, value in key.items():
        held = held[held[column] == value]
    return held


def _words(claim: FormClaim, rows: Sequence[pd.DataFrame], *, is_large: bool) -> list[str]:
    faults = []
    for column, word in {**claim.words, **(claim.words_of_large if is_large else {})}.items():
        said = [one[column].isna() if word is None else one[column] == word for one in rows]
        wrong = sum(not (one.any() if claim.any_of else one.all()) for one in said)
        if wrong:
            faults.append(f"{column} is not {word} in {wrong} of {len(rows)} regions")
    return faults


def _seen(claim: FormClaim, region: Told, rows: pd.DataFrame, truth: Mapping[str, Any]) -> Seen:
    true = truth.get("with_unit_mixture", truth["true_value"])
    if claim.over:
        true = fmean(truth["by_period"].values())
    if claim.weight:
        return _weighted(claim, rows, true)
    estimate = _estimate(rows, claim)
    if claim.less_level is not None:
        estimate = _difference(
            estimate, _estimate(rows_of(region, claim.at(claim.less_level)), claim)
        )
    return Seen(true, *estimate, "")


def _estimate(rows: pd.DataFrame, claim: FormClaim) -> Limits:
    """Return the value of the first row with its limits; unknown where there is no row."""
    names = [f"{claim.column}{end}" for end in ("", "_lower", "_upper")]
    value, lower, upper = rows[names].astype(float).iloc[0] if len(rows) else (nan, nan, nan)
    return float(value), float(lower), float(upper)


def _difference(one: Limits, other: Limits) -> Limits:
    """Return a difference with its limits from those of its parts (Newcombe 1998, method 10)."""
    value = one[0] - other[0]
    down = hypot(one[0] - one[1], other[2] - other[0])
    up = hypot(one[2] - one[0], other[0] - other[1])
    return value, value - down, value + up


def _weighted(claim: FormClaim, rows: pd.DataFrame, true: float) -> Seen:
    """Return the mean of a rate over strata less what is expected there, with its error."""
    held = rows[rows[claim.column].notna()]
    n = held[claim.weight].astype(float)
    if not n.sum():
        return Seen(true, nan, nan, nan, "")
    share = held[claim.column] / PER_100
    value = float(((share - held[claim.less] / PER_100) * n).sum() / n.sum())
    half = HALF * float((n * share * (1 - share)).sum()) ** 0.5 / float(n.sum())
    return Seen(true, value, value - half, value + half, "")


def silent_strata(regions: Sequence[Told], truths: Sequence[Truths]) -> list[str]:
    """Return whether too many strata stand apart where nothing was planted, all regions together.

    Others lie as far from the sum of main effects as the planted ones push these; beyond that one
    interval in twenty may lie by chance, and more than so many do one time in a thousand.
    """
    claim = FORM_CLAIMS["missed_interaction"][0]
    apart = of = 0
    for region, own in zip(regions, truths, strict=True):
        held = rows_of(region, replace(claim, key={"indicator_id": "TG05"}))
        others = held.drop(rows_of(region, claim).index)
        limit = own[claim.truth]["elsewhere_at_most"] * PER_100
        beyond = others["interaction_effect_lower"] > limit
        beyond |= others["interaction_effect_upper"] < -limit
        apart, of = apart + int(beyond.sum()), of + len(others)
    too_many = apart > most(of, 0.05)
    return [f"{apart} of {of} strata without a plant stand apart"] if too_many else []


def register_change(regions: Sequence[Region]) -> list[str]:
    """Return where areas are not one and a half points better employed from 2020 than before.

    The change of register is planted in the areas' figures; that T5 tells the break of it is a
    claim, that no other years differ by half as much is asked here.
    """
    faults = []
    for one in regions:
        steps = {year: one.employed[year] - one.employed[year - 1] for year in (2020, 2021, 2022)}
        others = max(abs(step) for year, step in steps.items() if year != 2020)
        if not (abs(steps[2020] - BAS_BREAK) < BAS_BREAK / 2 and others < BAS_BREAK / 2):
            faults.append(f"employment of areas steps by {steps[2020]:+.3f}, not {BAS_BREAK:+.3f}")
    return faults
