"""Sentences computed from rows: fixed phrases for uncertainty, never a cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from babel.numbers import format_decimal

from equity_pipeline.vocabulary import in_sentence

LOCALE = "sv_SE"
HIDDEN = ".."
MINUS = "−"
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
    "not_assessable": "För många saknar uppgift om grupp; skillnaden bedöms inte.",
    "not_estimated": "Osäkerheten kan inte skattas ur publicerade värden; skillnaden bedöms inte.",
}
POST_HOC = "post_hoc"
CHANGED = (
    "Definitionen ändrades sedan resultat hade setts: en skillnad kan bevakas, men nomineras inte "
    "för granskning förrän en period som började efter ändringen har räknats."
)
UNITS = {
    "percent": ("%", "procentenheter", 100.0, 1),
    "per_100": ("per 100", "per 100", 1.0, 1),
    "per_1000": ("per 1\u00a0000", "per 1\u00a0000", 1.0, 1),
    "per_100000": ("per 100\u00a0000", "per 100\u00a0000", 1.0, 0),
    "days": ("dagar", "dagar", 1.0, 1),
    "sek": ("kr", "kr", 1.0, 0),
    "sek_per_1000": ("kr per 1\u00a0000", "kr per 1\u00a0000", 1.0, 0),
    "index": ("", "", 1.0, 2),
    "ratio": ("", "", 1.0, 2),
}


def number(value: float | None, unit: str, *, is_gap: bool = False, words: bool = True) -> str:
    r"""Return a value in Swedish: decimal comma, minus sign, ``..`` when it is not shown.

    Parameters
    ----------
    value
        In natural scale: a share 0-1 where the unit is per cent.
    unit
        A code of ``unit_of_measure``.
    is_gap
        Whether it is a difference, which per cent call percentage points.
    words
        Whether the unit follows the number.

    Examples
    --------
    >>> number(0.1012, "percent", is_gap=True)
    '10,1\xa0procentenheter'
    >>> number(-0.0004, "percent"), number(-2.5, "days")
    ('0,0\xa0%', '−2,5\xa0dagar')
    >>> number(None, "days")
    '..'
    """
    if value is None or value != value:
        return HIDDEN
    one, gap, factor, decimals = UNITS.get(unit, ("", "", 1.0, 1))
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    rounded = round(value * factor, decimals)
    text = format_decimal(abs(rounded), format=pattern, locale=LOCALE)
    text = f"{MINUS}{text}" if rounded < 0 else text
    word = gap if is_gap else one
    return f"{text}\u00a0{word}" if words and word else text


def units(unit: str) -> str:
    """Return what the numbers of a table are counted in, for its caption.

    Examples
    --------
    >>> units("percent"), units("days"), units("index")
    ('Värden i %, skillnader i procentenheter.', 'Värden och skillnader i dagar.', '')
    """
    one, gap, _, _ = UNITS.get(unit, ("", "", 1.0, 1))
    if not one:
        return ""
    if one != gap:
        return f"Värden i {one}, skillnader i {gap}."
    return f"Värden och skillnader {gap if gap.startswith('per ') else f'i {gap}'}."


def counted(n: int, one: str, many: str) -> str:
    r"""Return a number with the noun that agrees with it.

    Examples
    --------
    >>> counted(1, "cell", "celler"), counted(4038, "cell", "celler")
    ('1 cell', '4\xa0038 celler')
    """
    return f"{format_decimal(n, locale=LOCALE)} {one if n == 1 else many}"


def interval(lower: float | None, upper: float | None, unit: str) -> str:
    """Return "8,1 till 12,0", or nothing when there is no interval."""
    if not (_known(lower) and _known(upper)):
        return ""
    return f"{number(lower, unit, words=False)} till {number(upper, unit, words=False)}"


def verdict(row: Mapping[str, Any]) -> str:
    """Return the fixed sentence of a row's evidence state."""
    state = row["evidence_state"]
    if state is None:
        return "Redovisas inte (..): underlaget är för litet för att skydda enskilda."
    return SENTENCES[state].format(mid=number(row["mid"], row["unit_of_measure"], is_gap=True))


def changed(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the sentence of rows whose definition was changed after data were seen, if any was.

    Examples
    --------
    >>> changed([{"definition_status": "pre_specified"}])
    []
    >>> changed([{"definition_status": "post_hoc"}])[0][:46]
    'Definitionen ändrades sedan resultat hade sett'
    """
    some = any(row["definition_status"] == POST_HOC for row in rows)
    return [CHANGED] if some else []


def headline(row: Mapping[str, Any]) -> str:
    """Return the sentences of a row of the gap table: both levels, the gap, its interval.

    The gap is said as the difference to the disadvantage of the focus group; below zero the focus
    group is better off and the sentence says so, at zero in the shown decimals it has no side.
    """
    unit = row["unit_of_measure"]
    levels = (
        f"{row['focus_label_sv']}: {number(row['focus_value'], unit)}, "
        f"{in_sentence(row['reference_label_sv'])}: {number(row['reference_value'], unit)}"
    )
    return f"{levels}. {_size(row, unit)}, {row['adjustment_label_sv']}."


def shown_gap(row: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Return the gap that a reader sees, with its limits: to harm where the indicator has a side.

    Examples
    --------
    >>> shown_gap({"gap_harm": None, "gap_abs": 2.0, "gap_abs_lower": 1.0, "gap_abs_upper": 3.0})
    (2.0, 1.0, 3.0)
    """
    name = "gap_harm" if _known(row["gap_harm"]) else "gap_abs"
    gap, lower, upper = (row[f"{name}{end}"] for end in ("", "_lower", "_upper"))
    return gap, lower, upper


def _size(row: Mapping[str, Any], unit: str) -> str:
    gap, low, high = shown_gap(row)
    if gap is None or not _known(gap):
        return f"Skillnaden visas inte ({HIDDEN})"
    if not _known(row["gap_harm"]) or number(abs(gap), unit) == number(0.0, unit):
        return f"Skillnad {number(gap, unit, is_gap=True)}{_brackets(interval(low, high, unit))}"
    side = "till nackdel" if gap > 0 else "till fördel"
    if gap < 0 and low is not None and high is not None:
        low, high = -high, -low
    size = number(abs(gap), unit, is_gap=True)
    limits = _brackets(interval(low, high, unit))
    return f"Skillnad {side} för den förstnämnda gruppen: {size}{limits}"


def _known(value: float | None) -> bool:
    return value is not None and value == value


def _brackets(limits: str) -> str:
    return f" (95\u00a0% konfidensintervall {limits})" if limits else ""
