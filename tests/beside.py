"""Material that tests read in place beside the repository, and what is said where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"


def beside(folder: str) -> Path:
    """Return ``../shared/<folder>``, or the place that EQUITY_<FOLDER> names."""
    return Path(os.environ.get(f"EQUITY_{folder.upper()}") or SHARED / folder)


def absent(what: str, folder: str) -> str:
    """Return why a test is skipped: what is absent, where it is expected, how to have it."""
    return (
        f"{what} are not at {beside(folder)}: ask the maintainers for the folder `shared` and put"
        f" it beside the repository (../shared/{folder}), or name the place in"
        f" EQUITY_{folder.upper()}"
    )
