"""Lines to paste for each tool: what ``meta.how_to`` and the page about queries hold."""

from __future__ import annotations

import pyarrow as pa

from equity_pipeline.extracts.readers import HOW_TO
from equity_pipeline.vocabulary import Label

FIRST = Label("senaste hela periodens valda jämförelser", "the chosen contrasts, newest period")
EVERY = Label(
    "alla skillnader för en indikator: perioder, platser, justeringar",
    "all gaps of one indicator: periods, places, adjustments",
)
FURTHER = (
    ("sql", "from mart.gap('VT01')", EVERY),
    (
        "sql",
        "from mart.strata('VT01', dim := 'income_quintile')",
        Label("grupperna bakom en skillnad", "the groups behind a gap"),
    ),
    (
        "sql",
        "from mart.trend('VT01', dim := 'income_quintile')",
        Label("skillnaden över tid", "the gap over time"),
    ),
    (
        "sql",
        "from mart.steps('VT01', dim := 'income_quintile')",
        Label("vad som kvarstår efter behov", "what remains after need"),
    ),
    ("sql", "from mart.units('VT01')", Label("enheterna med trattgränser", "units with limits")),
    (
        "sql",
        "from meta.dictionary where table_name = 'gap'",
        Label("vad kolumnerna betyder", "what the columns mean"),
    ),
    (
        "sql",
        "from quality.value_status",
        Label("hur mycket som redovisas", "how much is shown"),
    ),
    (
        "sql",
        "copy (from mart.gap('VT01')) to 'vt01.csv' (header, delimiter ';')",
        Label(
            "till en CSV-fil med decimalpunkt; csv/ har decimalkomma, för Excel",
            "to a CSV file with decimal points; csv/ has decimal commas, for Excel",
        ),
    ),
)


def lines() -> pa.Table:
    """Return the lines to paste, the first of each tool before the others.

    Examples
    --------
    >>> lines().column_names
    ['step', 'tool', 'line', 'gives_sv', 'gives_en']
    """
    first = {"parquet": EVERY}
    held = [*((tool, line, first.get(tool, FIRST)) for tool, line in HOW_TO), *FURTHER]
    rows = [
        {"step": step, "tool": tool, "line": line, "gives_sv": gives.sv, "gives_en": gives.en}
        for step, (tool, line, gives) in enumerate(held, start=1)
    ]
    return pa.Table.from_pylist(rows)
