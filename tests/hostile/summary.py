"""After the hostile tests: what became of each file, beside what its manifest says."""

from __future__ import annotations

import pytest

WIDTHS = (34, 12, 12, 18)


def tell(terminalreporter: pytest.TerminalReporter) -> None:
    rows = [
        value
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, value in getattr(report, "user_properties", ())
        if name == "hostile"
    ]
    if not rows:
        return
    terminalreporter.section("hostile deliveries: file, verdict, expected, rows, reasons")
    for row in sorted(rows):
        cells = [str(cell).ljust(width) for cell, width in zip(row, WIDTHS, strict=False)]
        terminalreporter.write_line(" ".join([*cells, row[-1]]))
