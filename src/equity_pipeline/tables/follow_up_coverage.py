"""Coverage of follow-up: the share that can be reported, what hinders the rest, the grounds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa

from equity_pipeline.quality.judge import RED
from equity_pipeline.quality.readiness import EVERY_INDICATOR
from equity_pipeline.quality.texts import TEXTS
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.table import StratifiedTable, conform
from equity_pipeline.vocabulary import ALL, TOTAL, Label, vocabulary

FORM = "coverage"
SHARE, DIMENSION, HINDRANCE, GROUND = "share", "dimension", "hindrance", "ground"


def coverage(readiness: StratifiedTable, run_id: str) -> StratifiedTable:
    """Return how much of what should be followed up can be reported, and what stands in the way.

    The first row is the one number: the share of indicators x dimensions that can be reported.
    Then a row a dimension, a row a hindrance and dimension with how many pairs it hinders (one
    pair can have several), and a row for each ground that no delivery can carry.

    Parameters
    ----------
    readiness
        T0.
    run_id
        The run.
    """
    held = readiness.data.to_pandas()
    own = pd.DataFrame(held[held["definition_hash"].notna()])
    rows = [_share(own), *_dimensions(own), *_hindrances(own), *_grounds(held)]
    stamp = {"run_id": run_id, "disclosure_tier": "internal", "value_status": "shown"}
    frame = pd.DataFrame([row | stamp for row in rows]).astype(object)
    frame = frame.where(frame.notna(), None)
    return StratifiedTable(FORM, conform(FORM, pa.Table.from_pandas(frame, preserve_index=False)))


def follow_up_coverage(given: Given) -> Made:
    """Return the coverage of follow-up from the night's T0; none where that was not made."""
    if "readiness" not in given.made:
        return Made({})
    return Made({FORM: coverage(given.made["readiness"], given.context.run_id)})


def _row(part: str, code: str, dimension: str, words: Label, **numbers: Any) -> dict[str, Any]:
    return {
        "coverage_part": part,
        "coverage_code": code,
        "dimension": dimension,
        "coverage_label_sv": words.sv,
        "coverage_label_en": words.en,
    } | numbers


def _numbers(rows: pd.DataFrame) -> dict[str, Any]:
    n, reported = len(rows), int((rows["readiness"] != RED).sum())
    return {
        "n_pairs": n,
        "n_reportable": reported,
        "reportable_share": reported / n if n else None,
    }


def _share(own: pd.DataFrame) -> dict[str, Any]:
    words = Label(
        "Indikatorer × indelningsgrunder som kan redovisas",
        "Indicators × dimensions that can be reported",
    )
    return _row(SHARE, ALL, ALL, words, **_numbers(own))


def _dimensions(own: pd.DataFrame) -> Iterable[dict[str, Any]]:
    for name, rows in own.groupby("dimension", sort=True):
        words = vocabulary().dimensions[str(name)].label
        yield _row(DIMENSION, str(name), str(name), words, **_numbers(rows))


def _hindrances(own: pd.DataFrame) -> Iterable[dict[str, Any]]:
    """Yield what stops pairs, in all and by dimension; only red pairs are stopped."""
    stopped = own[own["readiness"] == RED]
    found = Counter(
        (code, at)
        for name, told in zip(stopped["dimension"], stopped["obstacle_sv"], strict=True)
        for code in hindrances(told if isinstance(told, str) else "")
        for at in (ALL, str(name))
    )
    for (code, dimension), n in sorted(found.items()):
        words = vocabulary().label("hindrance", code)
        yield _row(HINDRANCE, code, dimension, words, n_pairs=n)


def _grounds(held: pd.DataFrame) -> Iterable[dict[str, Any]]:
    grounds = held[held["indicator_id"] == EVERY_INDICATOR]
    for name in sorted(grounds["dimension"]):
        words = vocabulary().not_measurable[name]
        yield _row(GROUND, name, TOTAL, words)


def hindrances(told: str) -> list[str]:
    """Return which of the sentences that stop a pair T0 says of it; ``other`` if none of them.

    Examples
    --------
    >>> hindrances("Uppgift om inkomst är inte levererad. Uppgift saknas för 34,5 %; kan inte "
    ...            "bedömas.")
    ['missing_stop', 'not_delivered']
    """
    said = [code for code, pattern in _patterns().items() if pattern.search(told)]
    return said or ["other"]


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    made = {}
    for code in sorted(vocabulary().codes["hindrance"]):
        if code in TEXTS:
            parts = [re.escape(part) for part in re.split(r"\{\w+\}", TEXTS[code].sv)]
            made[code] = re.compile("[^.;]*?".join(parts))
    return made
