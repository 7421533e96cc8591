"""What the pages of checks and of methods are held against, from the database of the release."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.flows import same_on_pages as pages
from tests.flows.page_tables import CELL, ROW, TABLE, Lines, Page
from tests.flows.same_numbers import Held

CHECKED = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.S)
DECLARED = re.compile(r"<dt>(?:<a [^>]*>)?([A-Z]{2}\d\d) [^<]*(?:</a>)?</dt>.*?</div>", re.S)
LIMIT_ENDS = r"{limit}: (.*?)\. {version} "
Row = dict[str, Any]


def of_quality(path: Path, release: pages.Release, page: Page, held: Held) -> None:
    """Compare the tables of checks and deliveries with ``quality`` of the database."""
    checks = release.told("quality.checks")
    words, language = page.words["quality"], page.language
    told = [
        {"label": row[f"check_{language}"], "dimension": row[f"entity_label_{language}"],
         "hidden": False, "scale": 1.0, "rows": [row["n_checked"]]}
        for row in checks
    ]  # fmt: skip
    for summary, text in CHECKED.findall(page.text):
        entity = html.unescape(summary).partition(" – ")[0]
        of_entity = [row for row in told if row["dimension"] == entity]
        for head, *lines in _lines(text):
            pages.hold(page, entity, _keys(head, page), lines, of_entity, held)
        made = [row for row in checks if row[f"entity_label_{language}"] == entity
                and row["check_result"] != "not_checked"]  # fmt: skip
        counted = {"label": entity, "hidden": False, "scale": 1.0, "n": [len(made)]}
        rest = html.unescape(summary).partition(" – ")[2]
        pages.hold(page, entity, ["label", "n"], [[entity, rest]], [counted], held)
    for head, *lines in _lines(CHECKED.sub("", page.text)):
        keys = _keys(head, page)
        if words["layout"] in head:
            delivered = [_delivery(row, language) for row in release.told("quality.deliveries")]
            pages.hold(page, "delivered", ["label", *keys[1:]], lines, delivered, held)
        else:  # those that warned, with the entity first
            named = [[line[1], line[0], *line[2:]] for line in lines]
            pages.hold(page, "warned", ["label", "", *keys[2:]], named, told, held)


def of_methods(path: Path, release: pages.Release, page: Page, held: Held) -> None:
    """Compare the limit of each indicator with ``ref.indicators`` of the database."""
    words = page.words["methods"]
    limit = re.compile(LIMIT_ENDS.format(limit=words["limit"], version=words["version"]))
    told = [
        {
            "label": row["indicator_id"],
            "hidden": False,
            "scale": 100.0 if row["mid"] is None else pages.scale_of(row),
            "limit": [row["mid_relative"] if row["mid"] is None else row["mid"]],
        }
        for row in release.told("ref.indicators")
    ]
    found = [
        [one[1], html.unescape(limit.findall(one[0])[0])] for one in DECLARED.finditer(page.text)
    ]
    assert {one for one, _ in found} == {row["label"] for row in told}
    pages.hold(page, "limits", ["label", "limit"], found, told, held)


def _delivery(row: Row, language: str) -> Row:
    day = row["delivered_as_of"]
    return {
        "label": row[f"entity_label_{language}"],
        "hidden": False,
        "scale": 1.0,
        "files": [row["n_files"]],
        "rows": [row["n_rows"]],
        "newest": None if day is None else [day.year, -day.month, -day.day],
    }


def _lines(text: str) -> list[Lines]:
    return [
        [[html.unescape(cell).strip() for cell in CELL.findall(row)] for row in ROW.findall(table)]
        for table in TABLE.findall(text)
    ]


def _keys(head: Sequence[str], page: Page) -> list[str]:
    words = page.words["quality"]
    known = {words[one]: one for one in ("files", "rows", "newest")} | {words["asked"]: "label"}
    return [known.get(one, "") for one in head]
