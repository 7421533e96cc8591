"""A second, slow judge of visits, written from the contract of the hostile corpus alone.

It shares no code with the door, so that what both say of a file is right or wrong twice.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from .more import COLUMNS

DAY, EARLIEST = date(2026, 11, 1), date(2000, 1, 1)
CODES = {
    "sex": ("K", "M"),
    "contact_type": ("MOTT", "TEL", "DIG", "HEM"),
    "outcome_code": ("A", "B", "C"),
    "education": ("", "1", "2", "3"),
    "income": ("", "1", "2", "3", "4", "5"),
    "employment": ("", "0", "1"),
    "country_of_birth": ("", "SE", "EU", "XX"),
}
FORMS = {
    "contact_id": "[A-Z][0-9]{6,12}",
    "person_id": "[0-9a-f]{32}",
    "unit_id": "U[0-9]{3}",
    "municipality": "[0-9]{4}",
    "deso": "([0-9]{4}[ABC][0-9]{4})?",
    "age": "-?[0-9]{1,9}",
}
DATES = ("referral_date", "booked_date", "contact_date")
COST = re.compile("([0-9]{1,3}([ \u00a0\u202f][0-9]{3})+|[0-9]+)(,[0-9]+)?")
ICD = re.compile("[A-Z][0-9]{2}[0-9A-Z]{0,4}")
HIDDEN = ("Cc", "Cf", "Zl", "Zp")  # signs of control and format, and ends of lines


def records(data: bytes) -> list[dict[str, str]]:
    """Return the rows of a well-formed file, trimmed."""
    text = data.decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))
    header = [name.strip() for name in read[0]]
    assert sorted(header) == sorted(COLUMNS)
    trimmed = ([value.strip() for value in row] for row in read[1:] if row)
    return [dict(zip(header, row, strict=True)) for row in trimmed]


def is_good(row: Mapping[str, str]) -> bool:
    """Return whether a row alone is as the contract says."""
    forms = all(re.fullmatch(form, row[name], re.ASCII) for name, form in FORMS.items())
    codes = all(row[name] in codes for name, codes in CODES.items())
    icd = ICD.fullmatch(row["diagnosis_icd10"].replace(".", "").upper()) is not None
    shaped = forms and codes and icd and _is_name(row["unit_name"])
    return shaped and 0 <= int(row["age"]) <= 130 and _has_dates(row) and _has_sums(row)


def _is_name(text: str) -> bool:
    name = unicodedata.normalize("NFC", text)
    hidden = any(unicodedata.category(sign) in HIDDEN for sign in name)
    lost = "\ufffd" in name or "{{" in name or name.startswith(("=", "+", "-", "@"))
    return 0 < len(name) <= 120 and not hidden and not lost


def _has_dates(row: Mapping[str, str]) -> bool:
    if not all(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", row[name]) for name in DATES):
        return False
    try:
        referral, booked, contact = (date.fromisoformat(row[name]) for name in DATES)
    except ValueError:
        return False
    return EARLIEST <= referral <= min(booked, contact) and contact <= DAY


def _has_sums(row: Mapping[str, str]) -> bool:
    if not COST.fullmatch(row["cost_sek"]):
        return False
    plain = re.sub("[ \u00a0\u202f]", "", row["cost_sek"]).replace(",", ".")
    return Decimal(plain) <= 10_000_000 and row["deso"][:4] in ("", row["municipality"])


def verdict(data: bytes) -> tuple[str, int, int]:
    """Return verdict, rows loaded and rows set aside of a file without ragged rows."""
    if "Ã¥".encode() in data:
        return "reject_file", 0, 0
    rows = records(data)
    good: dict[str, str] = {}
    for row in rows:
        if is_good(row):
            good.setdefault(row["contact_id"], "")
    bad = len(rows) - len(good)
    filled = all(any(row[name] for row in rows) for name in COLUMNS if name != "deso")
    if not filled or bad * 5 > len(rows):
        return "reject_file", 0, 0
    return ("quarantine" if bad else "accept"), len(good), bad
