"""Sentences computed from rows: fixed phrases for uncertainty, never a cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel.numbers import format_decimal

LOCALE = "sv_SE"
HIDDEN = ".."
SENTENCES = {
    "established_important": (
        "Skillnaden är statistiskt säkerställd och större än gränsen vi satte i förväg ({mid})."
    ),
    "established_size_unclear": (
        "Det finns en skillnad, men underlaget räcker inte för att säga om den är större än "
        "gränsen vi satte i förväg ({mid})."
    ),
    "established_small": (
        "Skillnaden är säkerställd men mindre än gränsen vi satte i förväg ({mid})."
    ),
    "equivalent": "En eventuell skillnad är mindre än {mid}.",
    "uncertain": "Underlaget räcker inte för att avgöra om det finns en skillnad.",
    "not_applicable": "Indikatorn har ingen god eller dålig sida; skillnaden bedöms inte.",
    "not_estimated": "Osäkerheten kan inte skattas ur publicerade värden; skillnaden bedöms inte.",
}
UNITS = {
    "percent": ("%", "procentenheter", 100.0, 1),
    "per_100": ("per 100", "per 100", 1.0, 1),
    "per_1000": ("per 1 000", "per 1 000", 1.0, 1),
    "per_100000": ("per 100 000", "per 100 000", 1.0, 0),
    "days": ("dagar", "dagar", 1.0, 1),
    "sek": ("kr", "kr", 1.0, 0),
    "sek_per_1000": ("kr per 1 000", "kr per 1 000", 1.0, 0),
    "index": ("", "", 1.0, 2),
}


def number(value: float | None, unit: str, *, is_gap: bool = False, words: bool = True) -> str:
    """Return a value in Swedish: the sign ``..`` when it is not shown.

    Examples
    --------
    >>> number(0.1012, "percent", is_gap=True)
    '10,1 procentenheter'
    >>> number(None, "days")
    '..'
    """
    if value is None or value != value:
        return HIDDEN
    one, gap, factor, decimals = UNITS.get(unit, ("", "", 1.0, 1))
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    text = format_decimal(value * factor, format=pattern, locale=LOCALE)
    word = gap if is_gap else one
    return f"{text} {word}" if words and word else text


def interval(lower: float | None, upper: float | None, unit: str) -> str:
    """Return "8,1 till 12,0", or nothing when there is no interval."""
    if lower is None or upper is None or lower != lower or upper != upper:
        return ""
    return f"{number(lower, unit, words=False)} till {number(upper, unit, words=False)}"


def verdict(row: Mapping[str, Any]) -> str:
    """Return the fixed sentence of a row's evidence state."""
    state = row["evidence_state"]
    if state is None:
        return "Redovisas inte (..): underlaget är för litet för att skydda enskilda."
    return SENTENCES[state].format(mid=number(row["mid"], row["unit_of_measure"], is_gap=True))


def headline(row: Mapping[str, Any]) -> str:
    """Return one sentence for a row of the gap table: both levels, the gap, its interval.

    The gap is said as the difference to the disadvantage of the focus group; below zero the focus
    group is better off and the sentence says so.
    """
    unit = row["unit_of_measure"]
    levels = (
        f"{row['focus_label_sv']}: {number(row['focus_value'], unit)}, "
        f"{_lower(row['reference_label_sv'])}: {number(row['reference_value'], unit)}"
    )
    gap = row["gap_harm"]
    if gap is None or gap != gap:
        size = number(row["gap_abs"], unit, is_gap=True)
        limits = interval(row["gap_abs_lower"], row["gap_abs_upper"], unit)
        return f"{levels}. Skillnad {size}{_brackets(limits)}, {row['adjustment_label_sv']}."
    side = "till nackdel" if gap >= 0 else "till fördel"
    low, high = row["gap_harm_lower"], row["gap_harm_upper"]
    if gap < 0 and low is not None and low == low:
        low, high = -high, -low
    limits = interval(low, high, unit)
    return (
        f"{levels}. Skillnad {side} för den förstnämnda gruppen: "
        f"{number(abs(gap), unit, is_gap=True)}{_brackets(limits)}, {row['adjustment_label_sv']}."
    )


def _brackets(limits: str) -> str:
    return f" (95 % konfidensintervall {limits})" if limits else ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
