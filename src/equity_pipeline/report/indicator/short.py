"""Short words for levels, where a figure has no room for the dictionary's own."""

from __future__ import annotations

from typing import Any

from equity_pipeline.report.speech import Speech
from equity_pipeline.vocabulary import vocabulary

SHORT = {
    "area_quintile": "area", "income_quintile": "income", "area_class": "class",
    "area_type": "type",
}  # fmt: skip
SINGLE = {
    ("disability_proxy", "disability"): "disability",
    ("disability_proxy", "none"): "no_disability",
    ("unit_size", "small"): "small_unit",
    ("unit_size", "large"): "large_unit",
}


def short(row: dict[str, Any], speech: Speech) -> str:
    """Return a level's short words if it has any, else the dictionary's.

    Examples
    --------
    >>> from equity_pipeline.report.speech import speech
    >>> short({"dimension": "income_quintile", "level": "q1"}, speech("sv"))
    'lägsta femtedelen'
    """
    dimension, level = row["dimension"], row["level"]
    codes = vocabulary().dimensions[dimension].codes
    name = SINGLE.get((codes, level), f"{SHORT.get(codes, codes)}_{level}")
    if speech.knows(f"short.{name}"):
        return speech.say(f"short.{name}")
    return speech.of(row, "level_label")
