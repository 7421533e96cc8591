"""After the simulations: the share of draws that each interval held, and why some lie outside."""

from __future__ import annotations

import pytest


def tell(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    told = [v for r in reports for n, v in getattr(r, "user_properties", ()) if n == "coverage"]
    if not told:
        return
    terminalreporter.section("share of draws whose interval holds the truth, nominal 95 %")
    for name, case, share, conservative, reason in told:
        promise = "at least 94.5" if conservative else "93.5 to 96.5"
        line = f"{name:28} {case:34} {100 * share:6.2f}  {promise}"
        terminalreporter.write_line(f"{line}  outside: {reason}" if reason else line)
