"""The manifest beside delivered files: what the sender says it sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from equity_pipeline.deliveries.verdict import Refusal

NAME = "manifest.json"


class Listed(BaseModel):
    """One file as the manifest counts it."""

    model_config = ConfigDict(frozen=True)
    name: str
    rows: int | None = None
    sha256: str | None = None


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True)
    source: str = ""
    period: str | None = None
    files: tuple[Listed, ...]
    extracted_at: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The listed files of one folder by name, its period, and when it was extracted."""

    files: Mapping[str, Listed]
    extracted_at: date | datetime | None
    period: str | None = None

    @property
    def extracted_on(self) -> date | None:
        """The day of the extract."""
        told = self.extracted_at
        return told.date() if isinstance(told, datetime) else told

    def check(self, name: str, *, sha256: str) -> None:
        """Refuse a file that is not listed or has other bytes than the sender counted."""
        listed = self.files.get(name)
        if listed is None:
            raise Refusal("manifest_unlisted")
        if listed.sha256 is not None and listed.sha256.lower() != sha256:
            raise Refusal("manifest_sha256")

    def check_rows(self, name: str, rows: int) -> None:
        """Refuse a file with another number of rows than the sender counted."""
        listed = self.files.get(name)
        if listed is not None and listed.rows is not None and listed.rows != rows:
            raise Refusal("manifest_rows", rows=rows)


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder, or None where there is none.

    Raises
    ------
    Refusal
        ``manifest_invalid`` if it is there and cannot be understood.
    """
    path = folder / NAME
    if not path.is_file():
        return None
    held: _Manifest | None = None
    try:
        held = _Manifest.model_validate_json(path.read_bytes())
    except (ValidationError, OSError):
        held = None
    if held is None or len({one.name for one in held.files}) != len(held.files):
        raise Refusal("manifest_invalid")
    return Manifest({one.name: one for one in held.files}, held.extracted_at, held.period)


def end_of_period(period: str | None) -> date | None:
    """Return the day after the last of a month written YYYYMM, or None if it is no month.

    Examples
    --------
    >>> end_of_period("202412"), end_of_period("spring")
    (datetime.date(2025, 1, 1), None)
    """
    if period is None or not re.fullmatch("(19|20)[0-9]{2}(0[1-9]|1[0-2])", period):
        return None
    year, month = int(period[:4]), int(period[4:])
    return date(year + month // 12, month % 12 + 1, 1)
