"""Judges hostile files: through `equity check-delivery` and through a real night's load alike."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from typer.main import get_command

from equity_pipeline.cli.app import app
from equity_pipeline.deliveries.land import load
from equity_pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
LAYOUT = ROOT / "configs" / "layouts" / "flat_visits.toml"
DAY = date(2026, 11, 1)
NUMBERS = ("191212121212", "1212121212", "121212-1212", "121212+1212", "197010632391", "7010632391")
# A process begins with the memory that its parent had: only its own high mark says what it took.
PROGRAM = """
import atexit, os
from pathlib import Path

@atexit.register
def told():
    held = dict(line.split(":", 1) for line in open("/proc/self/status"))
    Path(os.environ["PEAK_FILE"]).write_text(held["VmHWM"].split()[0])

from equity_pipeline.cli import main
main()
"""


@dataclass(frozen=True)
class Judged:
    """What became of one file; rows are None where they cannot be counted."""

    verdict: str
    rows_in: int | None
    rows_loaded: int
    rows_quarantined: int
    reasons: dict[str, int]
    warnings: dict[str, int]


@cache
def _command() -> Any:
    """Return the commands, put together once: a new one for each file takes a tenth of the time."""
    return get_command(app)


def check(paths: Sequence[Path]) -> tuple[Judged, str]:
    """Return the verdict on the last of several files, in this process, and all that was said."""
    told, aside = io.StringIO(), io.StringIO()
    arguments = ["check-delivery", *map(str, paths), *_options()]
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(aside):
        code = _command()(arguments, standalone_mode=False)
    found = json.loads(told.getvalue())
    assert code == found["exit_code"]
    return _judged(found["files"][-1]), told.getvalue() + aside.getvalue()


def check_by(layout: Path, paths: Sequence[Path]) -> tuple[list[Judged], str]:
    """Return the verdicts on all files by a layout of one's own, and all that was said."""
    told, aside = io.StringIO(), io.StringIO()
    arguments = ["check-delivery", *map(str, paths), *_options(str(layout))]
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(aside):
        _command()(arguments, standalone_mode=False)
    found = json.loads(told.getvalue())
    return [_judged(one) for one in found["files"]], told.getvalue() + aside.getvalue()


def check_elsewhere(paths: Sequence[Path], home: Path) -> tuple[dict[str, Any], int, str, int]:
    """Return the JSON, exit code, all that was said and peak memory (MB) of a real process."""
    mark = home.with_name(f"{home.name}.peak")
    before = dict(os.environ) | {"TMPDIR": str(home), "PEAK_FILE": str(mark)}
    arguments = [sys.executable, "-c", PROGRAM, "check-delivery", *map(str, paths), *_options()]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=before
    ) as process:
        out, err = process.communicate(timeout=300)
    told = (out + err).decode()
    found = json.loads(out) if out.strip() else {}
    return found, process.returncode, told, int(mark.read_text()) // 1024


def night(home: Path, nights: Sequence[Sequence[tuple[str, bytes]]]) -> tuple[Judged, bytes]:
    """Return the verdict on the last file of several nights, and every byte that was kept."""
    incoming = home / "incoming"
    incoming.mkdir(parents=True)
    layout = home / "flat_visits.toml"
    layout.write_text(
        LAYOUT.read_text("utf-8").replace('pattern = "*.csv"', 'pattern = "*"'), "utf-8"
    )
    deliveries = {
        "folder": incoming,
        "layouts": [layout],
        "owner": "the region",
        "purpose": "tests",
        "legal_basis": "none",
        "settle_seconds": 0,
    }
    settings = Settings.model_validate({"run": {"home": home / "out"}, "deliveries": deliveries})
    with duckdb.connect(str(home / "person.duckdb")) as connection:
        for files in nights:
            for name, data in files:
                (incoming / name).write_bytes(data)
            report = load(settings, connection, as_of=DAY)
    last = nights[-1][-1][0]
    found = [one for one in report.files if one.name.startswith((last, "withheld-"))][-1]
    kept = [home / "person.duckdb", *(path for path in (home / "out").rglob("*") if path.is_file())]
    judged = Judged(
        "reject_file" if found.verdict == "already_loaded" else found.verdict,
        found.rows_in if found.is_counted else None,
        found.rows_loaded,
        found.rows_quarantined,
        dict(found.reasons),
        dict(found.warnings),
    )
    return judged, repr(report).encode() + b"".join(path.read_bytes() for path in kept)


def numbers_in(text: str | bytes) -> list[str]:
    """Return the personal numbers of the corpus that stand in a text."""
    plain = text if isinstance(text, bytes) else text.encode()
    return [number for number in NUMBERS if number.encode() in plain]


def _options(layout: str = "flat_visits") -> list[str]:
    return ["--layout", layout, "--as-of", DAY.isoformat(), "--json"]


def _judged(told: dict[str, Any]) -> Judged:
    counted = [told[name] for name in ("rows_in", "rows_loaded", "rows_quarantined")]
    return Judged(told["verdict"], *counted, told["reasons"], told["warnings"])
