"""Reckons the headline of every indicator anew, from stratified.parquet and what the release says
of its indicators and dimensions; nothing of the report is used but the words of its languages.

Levels and difference are reckoned from the values of the groups, the difference of crude shares
from their counts. Limits cannot be: they are those of the gap table, from which the verdict is.
"""

from __future__ import annotations

import html
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from tests.flows.page_tables import is_written_so, read_numbers
from tests.flows.same_on_pages import WORDS, newest

#: the dimension of the headline: the first of these that is shown, else the first there is
ORDER = (
    *("income_quintile", "area_income_quintile", "area_type", "area_class", "education"),
    *("country_of_birth", "sex"),
)
LEAD = re.compile(r'<div class="finding">(.*?)<p class="small">', re.S)
TAG = re.compile(r"<[^>]+>")
HIDDEN = "suppressed"
JUDGED = {
    *("established_important", "established_small", "established_size_unclear"),
    *("equivalent", "uncertain"),
}


@dataclass(frozen=True)
class Reckoned:
    """A headline: what kind it is, the rows of both groups, the difference and how exact it is."""

    kind: str
    focus: Mapping[str, Any]
    reference: Mapping[str, Any]
    values: tuple[float, float] = (math.nan, math.nan)
    difference: float = math.nan
    exact_to: float = 0.0


def wrong_headlines(release: Path) -> tuple[int, list[str]]:
    """Return how many headlines were read, in both languages, and those that say another thing."""
    rows = newest(release, "stratified")
    rows = rows[(rows["geography_level"] == "region") & (rows["strat2_dimension"] == "total")]
    gaps = newest(release, "gap")
    gaps = gaps[gaps["is_headline"] & (gaps["geography_level"] == "region")]
    known, pairs = _declared(release)
    faults, n = [], 0
    for one, held in rows.groupby("indicator_id"):
        reckoned = _reckoned(held, known[str(one)], pairs)
        for language, root in (("sv", release), ("en", release / "en")):
            words = tomllib.loads((WORDS / f"{language}.toml").read_text("utf-8"))
            said = _said(root / "indikator" / f"{one}.html")
            gap = _gap_of(gaps, str(one), reckoned)
            mid = known[str(one)]["mid"]  # of some it is a share of the reference group's value
            mid = mid if mid == mid else gap.get("mid", math.nan)
            wrong = _wrong(said, reckoned, gap, mid, language, words)
            faults += [f"{one} {language}: {part} in: {said}" for part in wrong]
            n += 1
    return n, faults


def _declared(release: Path) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    with duckdb.connect(str(release / "equity.duckdb"), read_only=True) as connection:
        known = connection.sql("from ref.indicators").df().set_index("indicator_id")
        held = connection.sql("from ref.dimensions").df().set_index("dimension")
    pairs = [(one, held.at[one, "focus_level"], held.at[one, "reference_level"]) for one in ORDER]
    return known.to_dict("index"), pairs


def _reckoned(
    rows: pd.DataFrame, declared: Mapping[str, Any], pairs: list[tuple[str, str, str]]
) -> Reckoned | None:
    found = []
    for dimension, focus, reference in pairs:
        held = {
            row["level"]: row for row in rows[rows["dimension"] == dimension].to_dict("records")
        }
        if focus in held and reference in held:
            found.append(_pair(held[focus], held[reference], declared))
    told = [one for one in found if one.kind not in ("hidden", "part_hidden")]
    return next(iter([*told, *found]), None)


def _pair(
    focus: Mapping[str, Any], reference: Mapping[str, Any], declared: Mapping[str, Any]
) -> Reckoned:
    if HIDDEN in (focus["value_status"], reference["value_status"]):
        return Reckoned("hidden", focus, reference)
    values = tuple(_value(one) for one in (focus, reference))
    if any(one is None for one in values):
        return Reckoned("part_hidden", focus, reference)
    first, second = values
    exact_to = sum(_step(one, focus) for one in values)
    if focus["unit_of_measure"] == "percent" and focus["headline_adjustment"] == "crude":
        first, second = (one["n_numerator"] / one["n_denominator"] for one in (focus, reference))
        exact_to = _step(first, focus)
    kind, difference = {
        "higher": ("side", second - first),
        "lower": ("side", first - second),
        "toward_one": ("side", abs(first - 1) - abs(second - 1)),
    }.get(declared["good_direction"], ("plain", first - second))
    return Reckoned(kind, focus, reference, values, difference, exact_to)


def _value(row: Mapping[str, Any]) -> float | None:
    name = row["headline_adjustment"]
    return row["value_std" if name == "standardised" else f"value_{name}"]


def _step(value: float, row: Mapping[str, Any]) -> float:
    """Return the last place that a published value bears: a tenth of a per cent, four figures."""
    if row["unit_of_measure"] in ("percent", "index"):
        return 0.001
    return 10.0 ** (math.floor(math.log10(abs(value) or 1.0)) - 3)


def _gap_of(gaps: pd.DataFrame, one: str, made: Reckoned | None) -> dict[str, Any]:
    """Return the limits and the words of a comparison, under the side that it is told from."""
    if made is None:
        return {}
    keys = {
        "indicator_id": one, "dimension": made.focus["dimension"],
        "focus_level": made.focus["level"], "reference_level": made.reference["level"],
    }  # fmt: skip
    for name, value in keys.items():
        gaps = gaps[gaps[name] == value]
    (row,) = gaps.to_dict("records")
    name = "gap_abs" if made.kind == "plain" else "gap_harm"
    return row | {end: row[f"{name}_{end}"] for end in ("lower", "upper")}


def _said(path: Path) -> str:
    (lead,) = LEAD.findall(path.read_text("utf-8"))
    return " ".join(html.unescape(TAG.sub(" ", lead)).replace("\u00a0", "~").split())


def _wrong(
    said: str,
    made: Reckoned | None,
    gap: Mapping[str, Any],
    mid: float,
    language: str,
    words: Mapping[str, Any],
) -> list[str]:
    """Return which parts of a headline are not what was reckoned."""
    if made is None:
        return [] if said.startswith(_plain(words["headline"]["missing"])) else ["missing"]
    names = {
        f"{name}_label": re.escape(_plain(one[f"level_label_{language}"]))
        for name, one in (("focus", made.focus), ("reference", made.reference))
    }
    if made.kind in ("hidden", "part_hidden"):
        asked = _pattern(words["headline"][made.kind], names)
        return [] if re.fullmatch(asked, said, re.I) else [made.kind]
    found = re.match(_sentences(made, gap, language, words, names), said, re.I)
    if found is None:
        return [f"not as {made.kind}"]
    wrong = _other_numbers(found.groupdict(), made, gap, mid, language)
    if gap["evidence_state"] in JUDGED and gap["evidence_state"] not in _states(gap, mid):
        wrong.append(f"{gap['evidence_state']} of {gap['lower']} to {gap['upper']}")
    return wrong


def _states(gap: Mapping[str, Any], mid: float) -> set[str]:
    """Return the verdict of the limits beside the limit set beforehand: two where they coincide."""
    low, high = gap["lower"], gap["upper"]
    near, far = sorted(abs(one) for one in (low, high))
    touches = _step(mid, gap) / 2
    if low <= 0 <= high:
        made = {"equivalent"} if far < mid + touches else set()
        return made | ({"uncertain"} if far > mid - touches else set())
    made = {"established_important"} if near > mid - touches else set()
    made |= {"established_small"} if far < mid + touches else set()
    between = near < mid + touches and far > mid - touches
    return made | ({"established_size_unclear"} if between else set())


def _sentences(
    made: Reckoned,
    gap: Mapping[str, Any],
    language: str,
    words: Mapping[str, Any],
    names: Mapping[str, str],
) -> str:
    """Return what the sentences look like, their numbers in groups."""
    held = words["headline"]
    limits = _pattern(
        held["limits"], {"limits": f"(?P<low>.+?) {words['speech']['to']} (?P<high>.+?)"}
    )
    known = {
        "limits": f"(?:{limits})?",
        "adjustment": re.escape(_plain(gap[f"adjustment_label_{language}"])),
    }
    keys = ["plain", "equal"] if made.kind == "plain" else ["equal"]
    if made.kind == "side":
        keys += ["harm"] * (made.difference > -made.exact_to)
        keys += ["advantage"] * (made.difference < made.exact_to)
    sizes = "|".join(
        _pattern(held[key], known)
        .replace("(?P<gap>", f"(?P<{key}>")
        .replace("?P<low>", f"?P<low_{key}>")
        .replace("?P<high>", f"?P<high_{key}>")
        for key in keys
    )
    verdict = _pattern(words["verdict"][gap["evidence_state"]], {})
    return f"{_pattern(held['levels'], names)} (?:{sizes}) {verdict}"


def _other_numbers(
    found: Mapping[str, str | None],
    made: Reckoned,
    gap: Mapping[str, Any],
    mid: float,
    language: str,
) -> list[str]:
    scale = 100.0 if made.focus["unit_of_measure"] == "percent" else 1.0
    key = next((one for one in ("harm", "advantage", "plain") if found.get(one)), "equal")
    side = -1 if key == "advantage" else 1
    ends = sorted(side * one for one in (gap["lower"], gap["upper"]) if one is not None)
    first, second = made.values
    asked = {
        "focus": (first, 0.0),
        "reference": (second, 0.0),
        key: (side * made.difference, made.exact_to),
        "mid": (mid, 0.0),
        **{f"{name}_{key}": (end, 0.0) for name, end in zip(("low", "high"), ends, strict=False)},
    }
    wrong = []
    for name, (value, step) in asked.items():
        read = read_numbers((found.get(name) or "").replace("~", "\u00a0"), language)
        if name == "equal":
            continue
        if read and not is_written_so(read[0], value * scale, step * scale / 2):
            wrong.append(f"{name} is {value * scale}")
        if not read and name in ("focus", "reference", key):
            wrong.append(f"no {name}")
    return wrong


def _pattern(template: str, known: Mapping[str, str]) -> str:
    """Return a template of words as a pattern; what is not known is a group of its name."""
    parts = re.split(r"\{(\w+)\}", _plain(template))
    return "".join(
        re.escape(one) if at % 2 == 0 else known.get(one, f"(?P<{one}>.+?)")
        for at, one in enumerate(parts)
    )


def _plain(words: str) -> str:
    return words.replace("\u00a0", "~")
