"""Rows as they should be of every delivered entity, read from ``good_rows.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from equity_pipeline.vocabulary import vocabulary

HELD: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)


def good_rows(entity: str, n: int) -> list[dict[str, Any]]:
    """Return ``n`` different rows of an entity in our codes, with ``person_key`` as a number."""
    described = HELD[entity]
    return [_row(entity, described, place) for place in range(n)]


def _row(entity: str, described: dict[str, Any], place: int) -> dict[str, Any]:
    vary = described["vary"]
    row = {
        name: value[place % len(value)] if isinstance(value, list) else value
        for name, value in described.items()
        if name != "vary"
    }
    if vary == "person_key":
        return {"person_key": place + 1, **row}
    row[vary] = f"{row[vary]}{place:03d}"
    assert set(row) <= set(raw_columns(entity))
    return row


def raw_columns(entity: str) -> list[str]:
    """Return the columns of an entity as they stand in ``raw``."""
    columns = vocabulary().entities[entity].columns
    return ["person_key" if name == "person_id" else name for name in columns]
