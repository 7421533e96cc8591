"""Holds every number in the tables of a release's pages, and of the files inside them, against
its parquet files; those of checks and of methods against its database.

A number on a page is the file's number when it lies within half a unit of its last shown decimal.
Where a cell is suppressed the page must say ``..`` in every column that would have had a number.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from tests.flows.page_tables import Lines, Page, is_written_so, read_numbers
from tests.flows.planted import PROJECT
from tests.flows.same_numbers import Held

WORDS = PROJECT / "src" / "equity_pipeline" / "report" / "words"
HIDDEN, UNTOLD = "..", "–"
ADJUSTED = {"crude": "value_crude", "standardised": "value_std"}
COUNTS = ("denominator", "numerator")
Row = dict[str, Any]


class Release:
    """What the pages of a release are held against: the newest whole period of each table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        levels = newest(folder, "stratified")
        self.levels = levels[levels["strat2_dimension"] == "total"]
        gaps = newest(folder, "gap")
        self.gaps = gaps[gaps["is_headline"] & (gaps["geography_level"] == "region")]
        self.trend = read(folder, "trend")
        self.parts = newest(folder, "decomposition")
        units = newest(folder, "unit_variation")
        self.units = units[units["geography_level"] == "unit"]
        items = read(folder, "area_description")
        self.items = items[items["year"] == items["year"].max()]

    def labels(self, codes: str, language: str) -> dict[str, str]:
        """Return the words of a code list, as the database tells them."""
        of_list = [row for row in self.told("ref.codes") if row["code_list"] == codes]
        return {row["code"]: row[f"label_{language}"] for row in of_list}

    @cache  # noqa: B019 - a release lives as long as the comparison
    def told(self, table: str) -> list[Row]:
        """Return the rows of a table of the release's database."""
        with duckdb.connect(str(self.folder / "equity.duckdb"), read_only=True) as connection:
            return connection.sql(f"from {table}").to_arrow_table().to_pylist()


def words_of(language: str) -> dict[str, Any]:
    """Return all words of the pages in a language, by section."""
    words: dict[str, Any] = {}
    for path in sorted(WORDS.glob(f"{language}*.toml")):
        words |= tomllib.loads(path.read_text("utf-8"))
    return words


def of_pages(folder: Path) -> Held:
    """Return what was compared of all pages with numbers, in both languages."""
    # these ask back for what is here
    from tests.flows.same_on_unit_pages import of_unit

    held, release = of_other_pages(folder), Release(folder)
    for language, root in (("sv", folder), ("en", folder / "en")):
        words = words_of(language)
        for path in sorted((root / "indikator").glob("*.html")):
            if path.stem != "index":
                _of_indicator(path, release, Page(path, language, words), held)
        for path in sorted((root / "enhet").glob("*.html")):
            if path.stem != "index":
                of_unit(path.stem, release, Page(path, language, words), held)
    return held


def of_other_pages(folder: Path) -> Held:
    """Return what was compared of the pages that are neither of an indicator nor of a unit."""
    # these ask back for what is here
    from tests.flows import same_on_method_pages as methods
    from tests.flows import same_on_programme_pages as programmes
    from tests.flows import same_on_start_page as start

    held, release = Held(), Release(folder)
    compared = {
        "index": start.of_start, "beslut": start.of_decisions, "kvalitet": methods.of_quality,
        "metod": methods.of_methods, "vardkedjor": programmes.of_chains,
    }  # fmt: skip
    for language, root in (("sv", folder), ("en", folder / "en")):
        words = words_of(language)
        for name, compare in compared.items():
            path = root / f"{name}.html"
            if path.exists():
                compare(path, release, Page(path, language, words), held)
        for path in sorted((root / "program").glob("program-*.html")):
            programmes.of_programme(path, release, Page(path, language, words), held)
    return held


def _of_indicator(path: Path, release: Release, page: Page, held: Held) -> None:
    one = path.stem
    known = {
        name: rows[rows["indicator_id"] == one].to_dict("records")
        for name, rows in vars(release).items()
        if isinstance(rows, pd.DataFrame)
    }
    groups = _groups(known["levels"], known["gaps"], page.language)
    for card in ("gradient", "equiplot-persons", "equiplot-places", "groups"):
        for head, *lines in page.lines(card):
            hold(page, card, page.keys(head), lines, groups, held)
    head, *lines = page.file()
    hold(page, "file", page.keys(head), lines, groups, held)
    for card, rows in (
        ("trend", _trend(known)),
        ("funnel", _funnel(known)),
        ("steps", _steps(known)),
    ):
        for head, *lines in page.lines(card):
            keys = ["label", "focus", "reference", "gap", "interval"]
            keys = keys if card == "trend" else page.keys(head)
            hold(page, card, keys, lines, rows, held)
    for head, *lines in page.lines("map"):
        hold(page, "map", page.keys(head), lines, _map(known), held)


def hold(
    page: Page, card: str, keys: Sequence[str], lines: Lines, told: Sequence[Row], held: Held
) -> None:
    """Each line is one of the rows that bear its label: all its numbers, or ``..`` for each."""
    dimension, faults, n = "", [], 0
    for line in lines:
        if len(line) == 1:
            dimension = line[0]
            continue
        cells = dict(zip(keys, line, strict=True))
        named = cells.get("dimension", dimension)
        label = line[1] if "dimension" in cells else line[0]
        same = [
            row for row in told
            if row.get("label", label) == label and named in ("", row.get("dimension", named))
        ]  # fmt: skip
        fits = [made for row in same if (made := _fits(page, cells, row)) is not None]
        n += max(fits, default=0)
        if not fits:
            faults.append(f"{page.name} {card}: {line} is in no file")
    held.cards[card] += n
    held.note(f"{page.language} {'file in page' if card == 'file' else 'page'}", n, faults)


def _fits(page: Page, cells: Mapping[str, str], row: Row) -> int | None:
    """Return how many cells hold the row's numbers; None if one holds another."""
    n = 0
    for key, cell in cells.items():
        if key not in row or key in ("label", "dimension"):
            continue
        values = row[key]
        if values is None or any(one is None or one != one for one in values):
            hidden = row["hidden"] or key in row.get("hidden_keys", ())
            allowed = (HIDDEN,) if hidden and values is not None else (HIDDEN, "", UNTOLD)
            if cell not in allowed:
                return None
        else:
            read = read_numbers(cell, page.language)[: len(values)]
            scale = 1.0 if key in COUNTS else row.get("scales", {}).get(key, row["scale"])
            if len(read) < len(values) or not all(
                is_written_so(one, value * scale) for one, value in zip(read, values, strict=True)
            ):
                return None
        n += 1
    return n


def _groups(levels: list[Row], gaps: list[Row], language: str) -> list[Row]:
    compared = {(one["dimension"], one["focus_level"]): one for one in gaps}
    return [
        told_of(row, f"value_{row['headline_adjustment']}", language)
        | {
            "label": row[f"level_label_{language}"],
            "dimension": row[f"dimension_label_{language}"],
            "numerator": [row["n_numerator"]] if _is_known(row["n_numerator"]) else None,
        }
        | ({"numerator": [None]} if row["value_status"] == "suppressed" else {})
        | _gap(compared.get((row["dimension"], row["level"])))
        for row in levels
        if row["geography_level"] == "region" and row["dimension"] != "total"
    ]


def _gap(row: Row | None) -> Row:
    if row is None:
        return {}
    hidden = row["value_status"] == "suppressed"
    value = row["gap_harm"] if _is_known(row["gap_harm"]) else row["gap_abs"]
    return {"gap": [None if hidden else value]}


def told_of(row: Row, name: str, language: str) -> Row:
    """Return a row's value, limits and denominator under the keys of the pages' heads."""
    name = ADJUSTED.get(name.removeprefix("value_"), name)
    hidden = row["value_status"] != "shown"
    known = {one: None if hidden else row.get(one) for one in
             (name, f"{name}_lower", f"{name}_upper", "n_denominator")}  # fmt: skip
    return {
        "hidden": row["value_status"] == "suppressed",
        "scale": scale_of(row),
        "value": [known[name]],
        "interval": [known[f"{name}_lower"], known[f"{name}_upper"]],
        "denominator": [known["n_denominator"]],
    }


def scale_of(row: Row) -> float:
    return 100.0 if row["unit_of_measure"] == "percent" else 1.0


def _is_known(value: Any) -> bool:
    return value is not None and value == value


def _trend(known: Mapping[str, list[Row]]) -> list[Row]:
    return [
        {
            "hidden": row["value_status"] == "suppressed",
            "scale": scale_of(row),
            "focus": [row["level_focus"]],
            "reference": [row["level_ref"]],
            **{
                key: [row[f"{'gap_harm' if _is_known(row['gap_harm']) else 'gap_abs'}{end}"]
                      for end in ends]
                for key, ends in (("gap", ("",)), ("interval", ("_lower", "_upper")))
            },
        }
        for row in known["trend"]
    ]  # fmt: skip


def _funnel(known: Mapping[str, list[Row]]) -> list[Row]:
    return [
        told_of(row, f"value_{'crude' if row['adjustment'] == 'crude' else 'standardised'}", "sv")
        | {"limits": [row["funnel_low95"], row["funnel_high95"]]}
        for row in known["units"]
    ]


def _steps(known: Mapping[str, list[Row]]) -> list[Row]:
    return [
        {
            "hidden": row["value_status"] == "suppressed",
            "scale": side * scale_of(row),
            "gap": [row["contribution"]],
            "interval": [row[f"contribution_{end}"] for end in ends],
        }
        for row in known["parts"]
        for side, ends in ((1, ("lower", "upper")), (-1, ("upper", "lower")))
    ]


def _map(known: Mapping[str, list[Row]]) -> list[Row]:
    names = _names()
    whole = [
        row for row in known["levels"]
        if row["geography_level"] == "municipality" and row["dimension"] == "total"
    ]  # fmt: skip
    told = [
        told_of(row, f"value_{row['headline_adjustment']}", "sv")
        | {"label": names.get(row["geography_code"], "")}
        for row in whole
    ]
    there = {one["label"] for one in told}
    absent = [{"label": name, "hidden": True, "scale": 1.0, "value": [None]}
              for name in names.values() if name not in there]  # fmt: skip
    return [*told, *absent]


def _names() -> dict[str, str]:
    """Return the municipalities of the maps by code; ``-|`` is where a name may be broken."""
    tiles = tomllib.loads((WORDS.parent / "figures" / "tiles.toml").read_text("utf-8"))
    return {
        code: str(one[2]).replace("-|", "").replace("|", " ")
        for region in tiles.values()
        for code, one in region.items()
    }


def read(folder: Path, form: str) -> pd.DataFrame:
    rows = pd.read_parquet(folder / f"{form}.parquet")
    return rows.astype(object).where(rows.notna(), None)


@lru_cache(maxsize=10)
def newest(folder: Path, form: str) -> pd.DataFrame:
    """Return each indicator's newest period of a year or a whole delivery."""
    rows = read(folder, form)
    rows = rows[rows["period_kind"].isin(("rolling_12_months", "year", "whole_delivery"))]
    return rows[rows["period_end"] == rows.groupby("indicator_id")["period_end"].transform("max")]
