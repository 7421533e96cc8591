"""What the tables of the start page and of the page of decisions are held against."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from tests.flows import same_on_pages as pages
from tests.flows.page_tables import CELL, ROW, Page
from tests.flows.same_numbers import Held

#: the table of an indicator under its name, among the details of the start page
OF_INDICATOR = re.compile(
    r'<summary>(\w+) [^<]*</summary>(?:(?!<summary>).)*?<table class="gaps">(.*?)</table>', re.S
)
START = ["label", "focus", "reference", "gap", "interval", "state"]
Row = dict[str, Any]


def of_start(path: Path, release: pages.Release, page: Page, held: Held) -> None:
    """Compare the tables of the start page with the declared comparisons."""
    declared = release.gaps[release.gaps["is_declared_contrast"]].to_dict("records")
    for one, table in OF_INDICATOR.findall(path.read_text("utf-8")):
        _, *lines = ([html.unescape(cell).strip() for cell in CELL.findall(row)]
                     for row in ROW.findall(table))  # fmt: skip
        told = [_gap(row, page.language) for row in declared if row["indicator_id"] == one]
        named = [[f"{line[0]}: {line[1]}".lower(), *line[2:]] for line in lines]
        pages.hold(page, f"gaps of {one}", START, named, told, held)


def of_decisions(path: Path, release: pages.Release, page: Page, held: Held) -> None:
    """Compare the tables of the page of decisions with the register."""
    rows = pages.read(release.folder, "decision_register").to_dict("records")
    told = [_case(row, page.language) for row in rows]
    for table in re.findall(r"<table.*?</table>", path.read_text("utf-8"), re.S):
        head, *lines = ([html.unescape(cell).strip() for cell in CELL.findall(row)]
                        for row in ROW.findall(table))  # fmt: skip
        keys = page.keys(head, "decisions")
        if "gap" in keys:
            named = [[f"{line[0]}: {line[1]}".lower(), *line[2:]] for line in lines]
            pages.hold(page, "decisions", ["label", *keys[2:]], named, told, held)


def _gap(row: Row, language: str) -> Row:
    hidden = row["value_status"] == "suppressed"
    has_side = row["gap_harm"] is not None
    name = "gap_harm" if has_side else "gap_abs"
    return {
        "hidden": hidden,
        "scale": pages.scale_of(row),
        "label": _contrast(row, language),
        "focus": [row["focus_value"]],
        "reference": [row["reference_value"]],
        "gap": [row[name]],
        "interval": [row[f"{name}_lower"], row[f"{name}_upper"]],
    }


def _case(row: Row, language: str) -> Row:
    told = _gap(row | {"focus_value": None, "reference_value": None, "gap_abs": None,
                       "gap_abs_lower": None, "gap_abs_upper": None}, language)  # fmt: skip
    name = f"{row['indicator_id']} {row[f'indicator_name_{language}']}".lower()
    return told | {
        "label": f"{name}: {told['label']}",
        "narrowing": [row["detectable_narrowing"]],
    }


def _contrast(row: Row, language: str) -> str:
    dimension, focus, reference = (
        row[f"{one}_label_{language}"] for one in ("dimension", "focus", "reference")
    )
    return f"{dimension}: {focus} – {reference}".lower()
