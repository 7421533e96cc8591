"""What each check asks for, in Swedish and in English: made from the check, never written twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from equity_pipeline.quality.results import GateResult
from equity_pipeline.quality.suites import DERIVED, EPOCH, Expectation
from equity_pipeline.vocabulary import Label, in_sentence, vocabulary

OWN = MappingProxyType(
    {
        "row_count": Label("Det finns rader", "There are rows"),
        "volume_drop": Label(
            "Den nyaste filen har minst hälften så många rader som den före",
            "The newest file has at least half the rows of the one before",
        ),
        "delivery_age": Label(
            "Den nyaste leveransen är så ung som avtalat",
            "The newest delivery is as young as agreed",
        ),
        "completeness": Label("{column} är ifylld", "{column} has values"),
        "distinct_levels": Label(
            "{column} har mer än en nivå i varje fil",
            "{column} has more than one level in every file",
        ),
        "unique_key": Label("Ingen rad upprepar en nyckel", "No row repeats a key"),
        "foreign_key": Label(
            "{column} är känd bland levererade uppgifter", "{column} is known in what was delivered"
        ),
        "person_area_codes": Label(
            "Personernas områdeskoder finns i indelningen för sitt år",
            "The area codes of persons are in the division of their year",
        ),
        "unit_area_codes": Label(
            "Enheternas områdeskoder finns i indelningen för sitt år",
            "The area codes of units are in the division of their year",
        ),
        "area_sums": Label(
            "Folkmängden i delarna stämmer med helheten, så när som på publicerat brus",
            "The people of the parts agree with the whole, but for published noise",
        ),
        "area_series": Label(
            "Varje uppgift om områden har samma serie som året före",
            "Each column of the areas has the series of the year before",
        ),
    }
)
WAIT = Label("Väntan från första kontakt till bedömning", "Wait from first contact to assessment")


def own_check(result: GateResult) -> Label:
    """Return what one of our own checks asks for.

    Examples
    --------
    >>> asked = GateResult("contact", "completeness", "own", "info", True, 9, "", "contact_date")
    >>> own_check(asked).sv
    'Kontaktens datum är ifylld'
    """
    words = OWN[result.check]
    column = _column(result.column) if result.column else Label("", "")
    return Label(words.sv.format(column=column.sv), words.en.format(column=column.en))


def expectation(one: Expectation) -> Label:
    """Return what an expectation asks for; its own reason follows in the English words.

    Examples
    --------
    >>> from equity_pipeline.quality.suites import load_suite
    >>> expectation(load_suite("contact").expectations[0]).sv
    'Kontaktens id är ifylld'
    """
    make = _SENTENCES.get(one.type)
    asked = make(one) if make else _plain(one)
    share = _share(one.kwargs.get("mostly"))
    condition = one.kwargs.get("row_condition")
    sv = " för de rader som berörs" if condition else ""
    en = " for the rows concerned" if condition else ""
    return Label(
        f"{asked.sv}{sv}{share.sv}", f"{asked.en}{en}{share.en}{f': {one.why}' if one.why else ''}"
    )


def _filled(one: Expectation) -> Label:
    column = _column(one.columns[0])
    return Label(f"{column.sv} är ifylld", f"{column.en} is filled")


def _between(one: Expectation) -> Label:
    column = _column(one.columns[0])
    span = _span(one)
    return Label(f"{column.sv} är {span.sv}", f"{column.en} is {span.en}")


def _mean(one: Expectation) -> Label:
    column = _column(one.columns[0])
    span = _span(one)
    return Label(
        f"Medelvärdet av {in_sentence(column.sv)} är {span.sv}",
        f"The mean of {in_sentence(column.en)} is {span.en}",
    )


def _coded(one: Expectation) -> Label:
    column, n = _column(one.columns[0]), len(one.kwargs["value_set"])
    return Label(
        f"{column.sv} har bara avtalade koder ({n})", f"{column.en} has only agreed codes ({n})"
    )


def _barred(one: Expectation) -> Label:
    column = _column(one.columns[0])
    shown = ", ".join(map(str, one.kwargs["value_set"]))
    return Label(f"{column.sv} är inte {shown}", f"{column.en} is not {shown}")


def _formed(one: Expectation) -> Label:
    column = _column(one.columns[0])
    return Label(
        f"{column.sv} är skriven som avtalat", f"{column.en} is written in the agreed form"
    )


def _ordered(one: Expectation) -> Label:
    later, earlier = (_column(one.kwargs[name]) for name in ("column_A", "column_B"))
    if _is_date(one.kwargs["column_A"]):
        return Label(
            f"{later.sv} är inte före {in_sentence(earlier.sv)}",
            f"{later.en} is not before {in_sentence(earlier.en)}",
        )
    return Label(
        f"{later.sv} är inte mindre än {in_sentence(earlier.sv)}",
        f"{later.en} is not less than {in_sentence(earlier.en)}",
    )


def _unique(one: Expectation) -> Label:
    columns = [_column(name) for name in one.columns]
    sv = ", ".join(in_sentence(column.sv) for column in columns)
    en = ", ".join(in_sentence(column.en) for column in columns)
    return Label(f"Ingen rad upprepar {sv}", f"No row repeats {en}")


def _plain(one: Expectation) -> Label:
    name = one.type.removeprefix("expect_").replace("_", " ")
    sv = ", ".join(_column(column).sv for column in one.columns)
    en = ", ".join(_column(column).en for column in one.columns)
    return Label(f"{sv}: {name}", f"{en}: {name}")


_SENTENCES = {
    "expect_column_values_to_not_be_null": _filled,
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _coded,
    "expect_column_values_to_not_be_in_set": _barred,
    "expect_column_pair_values_a_to_be_greater_than_b": _ordered,
    "expect_column_mean_to_be_between": _mean,
    "expect_column_values_to_match_regex": _formed,
    "expect_compound_columns_to_be_unique": _unique,
    "expect_column_values_to_be_unique": _unique,
}


def _column(name: str) -> Label:
    if any(name in made for made in DERIVED.values()) and name == "wait_days":
        return WAIT
    held = vocabulary().columns.get(name)
    return held.label if held else Label(name, name)


def _is_date(name: str) -> bool:
    held = vocabulary().columns.get(name)
    return held is not None and held.type == "DATE"


def _span(one: Expectation) -> Label:
    is_date = _is_date(one.columns[0])
    low, high = (_bound(one.kwargs, name, is_date) for name in ("min_value", "max_value"))
    if low and high:
        return Label(f"{low.sv} till {high.sv}", f"{low.en} to {high.en}")
    if low:
        return Label(f"minst {low.sv}", f"at least {low.en}")
    return Label(f"högst {high.sv}", f"at most {high.en}") if high else Label("känd", "known")


def _bound(kwargs: Mapping[str, Any], name: str, is_date: bool) -> Label | None:
    value = kwargs.get(name)
    if value is None:
        return None
    if is_date:
        day: date = EPOCH + timedelta(days=int(value))
        return Label(day.isoformat(), day.isoformat())
    plain = f"{value:g}" if isinstance(value, float) else str(value)
    return Label(plain.replace(".", ","), plain)


def _share(mostly: float | None) -> Label:
    if mostly is None:
        return Label("", "")
    percent = f"{100 * mostly:g}"
    return Label(
        f" i minst {percent.replace('.', ',')} procent av raderna",
        f" in at least {percent} per cent of the rows",
    )
