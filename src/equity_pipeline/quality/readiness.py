"""T0: what can be reported by which dimension, and in plain words what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from equity_pipeline.quality.judge import RED, judge, status
from equity_pipeline.quality.material import Declared, Material, OpenNote, Pair
from equity_pipeline.quality.texts import sentence
from equity_pipeline.vocabulary import TOTAL, Dimension, Label, vocabulary

EVERY_INDICATOR = "*"
NO_STAMP: Mapping[str, object] = MappingProxyType({})
SHOWN_DECIMALS = 3
# Another rule for the same areas is a sensitivity, not one more way to divide people.
REPORTED_FAMILIES = frozenset({"individual", "area", "structural"})


def readiness_rows(
    indicators: Iterable[Declared], material: Material, *, stamp: Mapping[str, object] = NO_STAMP
) -> list[dict[str, Any]]:
    """Return the rows of the form ``readiness``: one for each indicator and dimension.

    After them stand one row for each public measure that is not there and one, with indicator
    ``*``, for each ground that no delivery can carry. Every row has every column of the form;
    ``stamp`` fills those of the run (run_id, period_start, area_vintage ...).

    Missing information: under 5 % green, 5-10 % green with a note, 10-20 % yellow, above 20 % red.
    """
    counted = {(one.indicator_id, one.dimension): one for one in material.completeness}
    loads = {one.entity: one for one in material.loads}
    pairs = [
        Pair(indicator, dimension, material, counted.get((indicator.id, dimension.name)), loads)
        for indicator in indicators
        for dimension in vocabulary().dimensions.values()
        if dimension.family in REPORTED_FAMILIES
    ]
    rows = [_row(pair) for pair in pairs]
    rows += _notes(material.notes)
    rows += [_ground(name, label) for name, label in vocabulary().not_measurable.items()]
    return [_filled(row, stamp) for row in rows]


def reportable_share(rows: Iterable[Mapping[str, Any]]) -> float:
    """Return the share of indicators x dimensions that are green or yellow, 0 to 1.

    The grounds that nobody can measure and the public measures that are not there are left out:
    they are no indicators.

    Examples
    --------
    >>> reportable_share([{"indicator_id": "VT01", "readiness": "yellow", "definition_hash": "a"},
    ...                   {"indicator_id": "VT03", "readiness": "red", "definition_hash": "b"},
    ...                   {"indicator_id": "*", "readiness": "red", "definition_hash": None}])
    0.5
    """
    own = [row for row in rows if row["definition_hash"] is not None]
    return sum(row["readiness"] != RED for row in own) / len(own) if own else 0.0


def _row(pair: Pair) -> dict[str, Any]:
    colour, obstacles = judge(pair)
    counted, source, critical = pair.counted, pair.source, pair.failed("critical")
    present = counted if counted is not None and not pair.is_absent else None
    gap = None
    if present and present.focus is not None and present.reference is not None:
        gap = present.reference - present.focus
    return _named(pair.dimension) | {
        "indicator_id": pair.indicator.id,
        "indicator_name_sv": pair.indicator.sv,
        "indicator_name_en": pair.indicator.en,
        "indicator_version": pair.indicator.indicator_version,
        "definition_hash": pair.indicator.definition_hash,
        "source_file": source.source_file,
        "dimension_status": status(pair),
        "n_source": source.n_source,
        "n_linked": source.n_linked,
        "linkage_rate": _rounded(pair.linkage),
        "completeness": _rounded(_complement(present.missing_share)) if present else None,
        "completeness_focus": _rounded(present.focus) if present else None,
        "completeness_ref": _rounded(present.reference) if present else None,
        "completeness_gap": _rounded(gap),
        "register_coverage": _rounded(pair.coverage.total if pair.coverage else None),
        "data_age_days": pair.age_days,
        "gx_success": not critical,
        "gx_failed_critical": critical,
        "gx_failed_warning": pair.failed("warning"),
        "readiness": colour,
        "obstacle_sv": " ".join(one.sv for one in obstacles) or None,
        "obstacle_en": " ".join(one.en for one in obstacles) or None,
        "value_status": _value_status(pair, colour),
    }


def _value_status(pair: Pair, colour: str) -> str:
    if pair.without_persons:
        return "not_applicable"
    return "not_reported" if colour == RED else "shown"


def _named(dimension: Dimension) -> dict[str, Any]:
    return {
        "dimension": dimension.name,
        "dimension_label_sv": dimension.label.sv,
        "dimension_label_en": dimension.label.en,
        "ses_measurement_level": dimension.level,
    }


def _notes(notes: Sequence[OpenNote]) -> list[dict[str, Any]]:
    """Return one row a measure; several reasons of one measure are told together."""
    by_measure: dict[tuple[str, str], list[OpenNote]] = {}
    for note in notes:
        by_measure.setdefault((note.kpi, note.source), []).append(note)
    total = _named(vocabulary().dimensions[TOTAL])
    return [
        total
        | {
            "indicator_id": kpi,
            "indicator_name_sv": kpi,
            "indicator_name_en": kpi,
            "source_file": source,
            "dimension_status": "area_data",
            "ses_measurement_level": "area",
            "readiness": RED,
            "obstacle_sv": " ".join(dict.fromkeys(note.sv for note in told)),
            "obstacle_en": " ".join(dict.fromkeys(note.en for note in told)),
            "value_status": "not_reported",
        }
        for (kpi, source), told in by_measure.items()
    ]


def _ground(name: str, label: Label) -> dict[str, Any]:
    obstacle = sentence("never_measurable", {"ground": label.sv}, {"ground": label.en})
    return {
        "indicator_id": EVERY_INDICATOR,
        "indicator_name_sv": vocabulary().label(TOTAL, "all").sv,
        "indicator_name_en": vocabulary().label(TOTAL, "all").en,
        "dimension": name,
        "dimension_label_sv": label.sv,
        "dimension_label_en": label.en,
        "source_file": EVERY_INDICATOR,
        "ses_measurement_level": "not_applicable",
        "dimension_status": "not_measurable",
        "readiness": RED,
        "obstacle_sv": obstacle.sv,
        "obstacle_en": obstacle.en,
        "value_status": "not_applicable",
    }


def _filled(row: Mapping[str, Any], stamp: Mapping[str, object]) -> dict[str, Any]:
    columns = vocabulary().forms["readiness"].columns
    return {name: row.get(name, stamp.get(name)) for name in columns}


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, SHOWN_DECIMALS)


def _complement(share: float | None) -> float | None:
    return None if share is None else 1 - share
