"""The table of all groups of an indicator, on the page and as a file in the page."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.indicator.held import Held, value_of
from equity_pipeline.report.reading import Row
from equity_pipeline.report.sentences import shown_gap
from equity_pipeline.report.speech import HIDDEN, MINUS, Speech
from equity_pipeline.vocabulary import vocabulary

HEAD = ("group", "denominator", "numerator", "value", "interval", "gap", "state")
FILE_HEAD = ("dimension", "group", "denominator", "numerator", "value", "interval", "gap", "state")
SPACES = str.maketrans({"\u00a0": "", "\u202f": "", MINUS: "-"})
COMMAS = str.maketrans({",": "", MINUS: "-"})


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: its cells, and whether its difference is established."""

    cells: tuple[str, ...]
    side: str


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one dimension under its name."""

    name: str
    lines: tuple[Line, ...]


def all_groups(held: Held, speech: Speech) -> list[Block]:
    """Return every group of every dimension with its value and its difference."""
    return [
        Block(
            speech.of(rows[0], "dimension_label"),
            tuple(_line(row, held, speech) for row in rows),
        )
        for rows in held.levels.values()
    ]


def head(speech: Speech) -> list[str]:
    """Return what the columns are called."""
    return [speech.say(f"table.{one}") for one in HEAD]


def as_file(blocks: Sequence[Block], speech: Speech) -> str:
    """Return the table as a data URI of a CSV file that Excel opens in the page's language.

    Semicolons and decimal commas in Swedish, commas and decimal points in English; a value that
    is not shown is ``..``, as on the page.
    """
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";" if speech.code == "sv" else ",")
    writer.writerow([speech.say(f"table.{one}") for one in FILE_HEAD])
    for block in blocks:
        for one in block.lines:
            writer.writerow([block.name, *(_bare(cell, speech) for cell in one.cells)])
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(
        made.getvalue().encode("utf-8-sig")
    ).decode("ascii")


def _bare(cell: str, speech: Speech) -> str:
    """Return a number as a spreadsheet reads it; words stay as they are."""
    bare = cell.translate(SPACES if speech.code == "sv" else COMMAS)
    is_number = bool(bare) and all(one in "0123456789.,-" for one in bare) and bare != HIDDEN
    return bare if is_number else cell


def _line(row: Row, held: Held, speech: Speech) -> Line:
    unit = row["unit_of_measure"]
    value, low, high = value_of(row)
    gap = held.compared.get((row["dimension"], row["level"]))
    is_shown = row["value_status"] == "shown"
    cells = (
        speech.of(row, "level_label"),
        speech.count(row["n_denominator"] if is_shown else None),
        _numerator(row, speech) if is_shown else HIDDEN,
        speech.number(value, unit, words=False),
        speech.interval(low, high, unit) or (HIDDEN if value is None else ""),
        *_gap(row, gap, held, speech),
    )
    return Line(cells, _side(gap))


def _numerator(row: Row, speech: Speech) -> str:
    number = row.get("n_numerator")
    return "" if number is None else speech.count(number)


def _gap(row: Row, gap: Row | None, held: Held, speech: Speech) -> tuple[str, str]:
    if gap is None:
        pair = (row["dimension"], row["level"])
        others = held.compared.values()
        is_reference = pair in {(one["dimension"], one["reference_level"]) for one in others}
        return (speech.say("table.reference") if is_reference else "", "")
    value, _, _ = shown_gap(gap)
    state = gap["evidence_state"]
    if value is None or gap["value_status"] == "suppressed":
        return HIDDEN, HIDDEN
    label = vocabulary().label("evidence_state", state) if state else None
    words = "" if label is None else label.sv if speech.code == "sv" else label.en
    return speech.number(value, row["unit_of_measure"], words=False), words


def _side(gap: Row | None) -> str:
    if gap is None or gap["value_status"] != "shown":
        return ""
    return "est" if str(gap["evidence_state"]).startswith("established") else ""
