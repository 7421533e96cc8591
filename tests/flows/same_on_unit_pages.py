"""What the pages of care units and of comparable units are held against, from the parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.flows import same_on_pages as pages
from tests.flows.page_tables import Page
from tests.flows.same_numbers import Held

COLUMNS = {"unit_value": "value", "region": "value_region", "peers": "value_peer_group"}
Row = dict[str, Any]


def of_unit(name: str, release: pages.Release, page: Page, held: Held) -> None:
    """Compare the tables of a unit's page, or of a group of comparable units."""
    if name.startswith("liknande-"):
        _of_group(release, page, held)
        return
    items = release.items[release.items["unit_hsa_id"] == name].to_dict("records")
    units = release.units[release.units["geography_code"] == name].to_dict("records")
    told = [_item(row, row[f"item_label_{page.language}"]) for row in items]
    ages = page.words["ages"]
    told += [_item(row, ages[row["item_id"]]) for row in items if row["item_id"] in ages]
    told += [_judged(row, page.language) for row in units]
    for card in page.cards:
        for head, *lines in page.lines(card):
            pages.hold(page, card, page.keys(head, "unit"), lines, told, held)


def _of_group(release: pages.Release, page: Page, held: Held) -> None:
    items, words = release.items.to_dict("records"), page.words["peers"]
    units = {one: [row for row in items if row["unit_hsa_id"] == one]
             for one in release.items["unit_hsa_id"].unique()}  # fmt: skip
    told = [_side_by_side(rows, rows[0]["unit_name"], "value") for rows in units.values()]
    groups = {row["peer_group_id"] for row in items}
    for group in groups:
        rows = [row for row in items if row["peer_group_id"] == group]
        told.append(_side_by_side(_first_known(rows, "value_peer_group"), words["row_peers"],
                                  "value_peer_group"))  # fmt: skip
        told.append(_side_by_side(_first_known(rows, "value_region"), words["row_whole"],
                                  "value_region"))  # fmt: skip
    for head, *lines in page.lines("prerequisites"):
        pages.hold(page, "prerequisites", page.keys(head, "peers"), lines, told, held)
    inside = [_within(row, page.language) for row in release.units.to_dict("records")]
    for head, *lines in page.lines("within"):
        pages.hold(page, "within", page.keys(head, "peers"), lines, inside, held)


def _item(row: Row, label: str) -> Row:
    shown = row["value_status"] == "shown"
    return {
        "hidden": row["value_status"] == "suppressed",
        "scale": pages.scale_of(row),
        "label": label,
        **{key: [row[name] if shown else None] for key, name in COLUMNS.items()},
    }


def _judged(row: Row, language: str) -> Row:
    told = _of_row(row, language)
    return {
        **{key: told[key] for key in ("hidden", "scale")},
        "label": row[f"indicator_name_{language}"],
        "unit_value": told["value"],
        "region": [row["value_region"]],
    }


def _of_row(row: Row, language: str) -> Row:
    name = "value_crude" if row["adjustment"] == "crude" else "value_standardised"
    return pages.told_of(row, name, language)


def _first_known(rows: Sequence[Row], name: str) -> list[Row]:
    """Return of each item the first row that tells what the units have in common."""
    known = {row["item_id"]: row for row in reversed(rows)}
    known |= {row["item_id"]: row for row in reversed(rows)
              if row["value_status"] == "shown" and row[name] is not None}  # fmt: skip
    return [*known.values()]


def _side_by_side(rows: Iterable[Row], label: str, name: str) -> Row:
    held = {f"item_{row['item_id']}": row for row in rows}
    return {
        "label": label,
        "hidden": False,
        "hidden_keys": {key for key, row in held.items() if row["value_status"] == "suppressed"},
        "scale": 1.0,
        "scales": {key: pages.scale_of(row) for key, row in held.items()},
        **{key: [row[name] if row["value_status"] == "shown" else None]
           for key, row in held.items()},
    }  # fmt: skip


def _within(row: Row, language: str) -> Row:
    told = _of_row(row, language)
    name = f"{row['indicator_id']} {row[f'indicator_name_{language}']}"
    return {
        **{key: told[key] for key in ("hidden", "scale")},
        "label": row["unit_name"],
        "dimension": name,
        "level": told["value"],
        "region": [row["value_region"]],
        "within": [row["within_gap_harm"]],
        "interval": [row["within_gap_harm_lower"], row["within_gap_harm_upper"]],
    }
