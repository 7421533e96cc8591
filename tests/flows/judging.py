"""Judges whether the tables of some regions say what was planted; every fault is a sentence.

The bounds are few and stated here. A 95 % interval misses the truth in one region of twenty, so of
``k`` regions at least `fewest` must hold it: fewer come one time in a thousand. That alone would
let a bias through, so the regions are also taken together: the distances from the truth, in half
intervals, must average to less than 3.29 standard errors (again one time in a thousand).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import log, sqrt
from typing import Any, Protocol

import pandas as pd
import pyarrow.compute as pc
from scipy import stats

from equity_pipeline.pipeline import stages
from equity_pipeline.pipeline.tabulated import Tabulated
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from tests.flows.claims import ANYTHING, CLAIMS, ESTABLISHED, IMPORTANT, Claim
from tests.flows.planted import YEAR_END, Region

Truths = Mapping[str, Mapping[str, Any]]
ONE_IN_A_THOUSAND = 3.29  # normal quantile, two-sided
HALF = 1.96  # standard errors in half an interval
LARGE = 100_000  # persons


class HasGaps(Protocol):
    """A region whose gaps are known: from its stages, or as it was published."""

    def pair(self, truth: Mapping[str, Any], year_end: date = YEAR_END) -> dict[str, Any] | None:
        """Return the row of T2 that a truth speaks of."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The truth of one region beside what its tables say; ratios are on the log scale."""

    truth: float
    value: float
    lower: float
    upper: float
    state: str

    @property
    def holds(self) -> bool:
        """Whether the interval contains the truth."""
        return self.lower <= self.truth <= self.upper

    @property
    def distance(self) -> float:
        """Value less truth, in half intervals."""
        return (self.value - self.truth) / ((self.upper - self.lower) / 2)


def fewest(n: int, share: float = 0.95) -> int:
    """Return the least of ``n`` that must succeed: fewer come at most one time in a thousand."""
    return next(k for k in range(n + 1) if stats.binom.cdf(k, n, share) > 0.001)


def most(n: int, share: float) -> int:
    """Return the most of ``n`` that may happen: more come at most one time in a thousand."""
    return n - fewest(n, 1 - share)


def seen(region: HasGaps, truth: Mapping[str, Any], year_end: date = YEAR_END) -> Seen | None:
    """Return a truth beside the row of T2 that it speaks of, or None where there is no such row."""
    row = region.pair(truth, year_end)
    if row is None:
        return None
    measure, scale = truth["measure"], log if truth["measure"] == "ratio" else float
    return Seen(
        truth=scale(truth.get("with_unit_mixture", truth["true_value"])),
        value=scale(row[measure]),
        lower=scale(row[f"{measure}_lower"]),
        upper=scale(row[f"{measure}_upper"]),
        state=row["evidence_state"],
    )


def judge(plant: str, regions: Sequence[Region], truths: Sequence[Truths]) -> list[str]:
    """Return what the regions' tables say otherwise than what was planted; empty when all is well.

    ``truths`` are those of each region with the plant: for data without it, of its twin.
    """
    is_large = regions[0].persons >= LARGE
    faults = [
        fault
        for claim in CLAIMS.get(plant, ())
        for fault in of_claim(claim, regions, truths, is_large=is_large)
    ]
    return faults + [
        fault
        for region, own in zip(regions, truths, strict=True)
        for fault in BESIDE.get(plant, _nothing)(region, own)
    ]


def of_claim(
    claim: Claim, regions: Sequence[HasGaps], truths: Sequence[Truths], *, is_large: bool
) -> list[str]:
    """Return what T2 of the regions says otherwise than one claim."""
    pairs = [seen(one, own[claim.truth]) for one, own in zip(regions, truths, strict=True)]
    found = [one for one in pairs if one is not None]
    if 2 * len(found) < len(pairs) or not found:
        return [f"{claim.truth}: {len(found)} of {len(pairs)} regions have the gap"]
    states = claim.large if is_large else claim.small
    return [f"{claim.truth}: {fault}" for fault in _faults(found, states, mostly=claim.mostly)]


def misses(found: Sequence[Seen]) -> list[str]:
    """Return how intervals of some regions miss the truth: too often, or all to one side."""
    n, least = len(found), fewest(len(found))
    inside = sum(one.holds for one in found)
    apart = sum(one.distance for one in found) / n
    faults = []
    if inside < least:
        faults.append(f"the interval holds the truth in {inside} of {n} regions, not {least}")
    if abs(apart) * HALF * sqrt(n) > ONE_IN_A_THOUSAND:
        faults.append(f"{apart:+.2f} half intervals from the truth on average of {n} regions")
    return faults


def _faults(found: Sequence[Seen], states: frozenset[str], *, mostly: bool) -> list[str]:
    n, least = len(found), fewest(len(found))
    named = sum(one.state in states for one in found)
    faults = misses(found)
    if named < (least if mostly else n):
        told = ", ".join(sorted({one.state for one in found} - states))
        faults.append(f"{told} in {n - named} of {n} regions, not {' or '.join(sorted(states))}")
    if states <= ESTABLISHED and any(one.value * one.truth <= 0 for one in found):
        faults.append("the sign is the other in some region")
    return faults


def silence(regions: Sequence[Region]) -> list[str]:
    """Return what is said of dimensions in which nothing was planted, all regions together.

    Each indicator's silent dimensions, declared contrast, headline adjustment. One interval in
    twenty may exclude nought and one in a hundred may have q below 0.01; how many may be called
    important follows from their limits and widths. More than that come one time in a thousand.
    """
    rows = pd.DataFrame([row for one in regions for row in _silent(one)])
    n = len(rows)
    error = (rows["gap_abs_upper"] - rows["gap_abs_lower"]) / (2 * HALF)
    by_chance = float((2 * stats.norm.sf(HALF + rows["mid"].fillna(0) / error)).sum())
    excludes = (rows["gap_abs_lower"] > 0) | (rows["gap_abs_upper"] < 0)
    bounds = {
        "exclude nought": (excludes, most(n, 0.05)),
        "have q below 0.01": (rows["p_fdr"] < 0.01, most(n, 0.01)),
        "are important": (
            rows["evidence_state"].isin(IMPORTANT),
            int(stats.poisson.ppf(0.999, by_chance)),
        ),
    }
    return [
        f"{int(flags.sum())} of {n} silent gaps {what}, more than {bound}"
        for what, (flags, bound) in bounds.items()
        if flags.sum() > bound
    ]


def _silent(region: Region) -> list[dict[str, Any]]:
    pairs = {
        (one["indicator_id"], name) for one in region.truths.values() for name in one["silent"]
    }
    held = region.gaps[
        region.gaps["is_declared_contrast"]
        & region.gaps["is_headline"]
        & region.gaps["gap_abs_lower"].notna()
        & (region.gaps["period_end"] == YEAR_END)
    ]
    return [
        dict(row) for _, row in held.iterrows() if (row["indicator_id"], row["dimension"]) in pairs
    ]


def levelling_down(regions: Sequence[Region], truths: Sequence[Truths]) -> list[str]:
    """Return what regions of several years say otherwise than that a gap closes from above.

    Every year's gap is judged as any other; the slope of T5 is established and negative, and it is
    the reference group that lost, by more than half of what was planted.
    """
    faults = []
    found = [
        one
        for region, own in zip(regions, truths, strict=True)
        for one in _by_year(region, own["P9-BR11-need_a"])
    ]
    faults += _faults(found, ANYTHING, mostly=False)
    for region, own in zip(regions, truths, strict=True):
        truth = own["P9-BR11-need_a"]
        slope = region.slope(truth)
        if slope is None or slope["slope_abs_per_year_upper"] >= 0:
            faults.append("the gap is not seen to close")
        first, last = (region.pair(truth, end) for end in (date(2021, 1, 1), YEAR_END))
        if (
            first is None
            or last is None
            or first["reference_value"] - last["reference_value"] < 0.04
        ):
            faults.append("the reference group is not seen to lose")
    return faults


def _by_year(region: Region, truth: Mapping[str, Any]) -> list[Seen]:
    made = []
    for period, value in truth["by_period"].items():
        end = date(int(period[4:8]) + 1, 1, 1)
        one = seen(region, {**truth, "true_value": value}, end)
        made += [] if one is None else [one]
    return made


def _nothing(region: Region, truths: Truths) -> list[str]:
    return []


def _both_signs(region: Region, truths: Truths) -> list[str]:
    """The sign of antibiotics reverses between own and area income, and T2 says so."""
    rows = [region.pair(truths[f"P5-BR14-{kind}-need_a"]) for kind in ("income", "area")]
    return [
        f"{row['dimension']}: no reversal is flagged"
        for row in rows
        if row is not None and not row["eco_reversal_flag"]
    ]


def _dearer_but_short(region: Region, truths: Truths) -> list[str]:
    """The focus group costs more, and less than others with the same need."""
    more = seen(region, truths["P6-KO01-crude"])
    less = seen(region, truths["P6-KO01-need_b"])
    faults = []
    if more is None or more.lower <= 0:
        faults.append("the crude cost ratio is not above 1")
    if less is None or less.upper >= 0:
        faults.append("the cost ratio at the same need is not below 1")
    return faults


def _suppressed(region: Region, truths: Truths) -> list[str]:
    """The door hides at least half of TG03's levels, in several dimensions, with their values."""
    passed = stages.disclose(region.settings, _levels_alone(region.tabulated, "TG03"))
    told = passed.tables["stratified"].data.to_pandas()
    told = told[told["strat2_level"] == "all"]
    told = told[told["geography_level"] == "region"]
    hidden = told[told["value_status"] == "suppressed"]
    faults = []
    if 2 * len(hidden) < len(told) or hidden["dimension"].nunique() < 3:
        faults.append(f"TG03: only {len(hidden)} of {len(told)} levels are hidden")
    if hidden["value_crude"].notna().any():
        faults.append("TG03: a hidden level shows its value")
    return faults


def _levels_alone(tabulated: Tabulated, indicator: str) -> Tabulated:
    """Return what the door is given where T1 of one indicator is all there is."""
    levels, counts = (
        one.data.filter(pc.field("indicator_id") == indicator)
        for one in (tabulated.tables["stratified"], tabulated.counts)
    )
    return replace(
        tabulated,
        tables={"stratified": StratifiedTable.of("stratified", levels)},
        counts=PersonCounts.of(counts),
    )


def _missing_education(region: Region, truths: Truths) -> list[str]:
    """A quarter of those newly arrived have no known education; T1 and T0 say how many lack it."""
    held, share = region.recent, truths["P13a-education-crude"]["true_value"]
    levels = region.levels[
        (region.levels["indicator_id"] == "TG07")
        & (region.levels["dimension"] == "education")
        & (region.levels["strat2_level"] == "all")
        & (region.levels["period_end"] == YEAR_END)
    ].set_index("level")
    ready = region.readiness[
        (region.readiness["indicator_id"] == "TG07")
        & (region.readiness["dimension"] == "education")
    ].iloc[0]
    expected = (share * held["recent"] + 0.005 * (held["all"] - held["recent"])) / held["all"]
    shown = float(levels["missing_share"].iloc[0])
    faults = [
        f"{what}: {number} of {n} lack education, not {likely:.3f} of them"
        for what, number, n, likely in (
            ("newly arrived", held["recent_missing"], held["recent"], share),
            ("T1", round(shown * held["all"]), held["all"], expected),
        )
        if stats.binomtest(number, n, likely).pvalue < 0.001
    ]
    if levels["n_persons"].get("missing") != held["all_missing"]:
        faults.append("T1: the level of those without known education is not theirs")
    if abs(ready["completeness"] - (1 - shown)) > 0.001:
        faults.append("T0: the completeness is not what T1 says")
    return faults


BESIDE: Mapping[str, Callable[[Region, Truths], list[str]]] = {
    "antibiotics_reversal": _both_signs,
    "cost_by_need": _dearer_but_short,
    "interpreter_few": _suppressed,
    "education_missing": _missing_education,
}
