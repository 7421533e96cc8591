"""A delivery folder with one small layout, to be filled by each test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from equity_pipeline.deliveries.land import LoadReport, load
from equity_pipeline.settings import Settings

LAYOUT = """
name = "small"

[[file]]
pattern = "contact*.csv"

[[file.ignored]]
name = "note"
reason = "free text is not needed"

[[file.rule]]
reason = "wait_negative"
earlier = "contact.first_contact_date"
later = "contact.contact_date"

[[file.entity]]
entity = "contact"

[file.entity.columns]
contact_id = { pattern = "C[0-9]+" }
missed = { map = { Ja = "true", Nej = "false" } }
"""
HEADER = "contact_id;person_id;contact_date;first_contact_date;missed;note\n"


@dataclass
class Delivery:
    """A folder, its settings and an open database."""

    root: Path
    limit: float = 0.2
    layout: str = LAYOUT
    values: dict[str, Any] = field(default_factory=dict)
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    @property
    def folder(self) -> Path:
        made = self.root / "incoming"
        made.mkdir(exist_ok=True)
        return made

    @property
    def settings(self) -> Settings:
        layout = self.root / "small.toml"
        layout.write_text(self.layout, "utf-8")
        deliveries = {
            "folder": self.folder,
            "layouts": [layout],
            "quarantine_limit": self.limit,
            "owner": "the region",
            "purpose": "tests",
            "legal_basis": "none",
            "settle_seconds": 0,
        }
        held = deliveries | self.values
        return Settings.model_validate({"run": {"home": self.root / "out"}, "deliveries": held})

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def contacts(self, n: int, *more: str, name: str = "contact.csv") -> Path:
        rows = [f"C{i};p{i:03d};2024-03-05;2024-03-01;Nej;\n" for i in range(n)]
        return self.write(name, HEADER + "".join(rows) + "".join(f"{row}\n" for row in more))

    def load(self, as_of: date = date(2025, 1, 15)) -> LoadReport:
        return load(self.settings, self.connection, as_of=as_of)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    return Delivery(tmp_path)
