"""What the catalogue has and data cannot yet carry: each indicator with what it needs first."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from equity_pipeline.vocabulary import Label


@dataclass(frozen=True, slots=True)
class NotComputed:
    """An indicator that is not declared: its id, its name and what it would need."""

    id: str
    label: Label
    needs: Label


@cache
def not_computed() -> tuple[NotComputed, ...]:
    """Return the indicators of the catalogue that are not declared, in the order of the file.

    Examples
    --------
    >>> [one.needs.en for one in not_computed() if one.id == "KO07"]
    ['Prescriptions are not delivered, only dispensings.']
    """
    held = resources.files("equity_pipeline.indicators") / "not_computed.toml"
    return tuple(
        NotComputed(name, Label(one["sv"], one["en"]), Label(one["needs_sv"], one["needs_en"]))
        for name, one in tomllib.loads(held.read_text("utf-8")).items()
    )
