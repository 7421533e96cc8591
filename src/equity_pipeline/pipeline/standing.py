"""What stands: the current release, its main values, and what was delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from equity_pipeline.deliveries.upgrade import stop_if_newer
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.quality.standing import LEFT_ASIDE
from equity_pipeline.report.picking import latest, picks
from equity_pipeline.settings import Settings, as_of_or_today
from equity_pipeline.warehouse.database import open_person

ROW_COUNTS = ("rows_in", "rows_loaded", "rows_quarantined", "rows_refused")

REPLACED_NAMES = ("file", "delivered_as_of", "extracted_at", "rows", "replaced_by")
REPLACED = """
select old.file_name, old.delivered_as_of, old.extracted_at, old.rows_good, new.file_name
from meta.delivery_history as old join meta.delivery_history as new on new.load_id = old.replaced_by
order by old.delivered_as_of, old.extracted_at, old.load_id
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """A release in short: lines for people, rows for artifacts."""

    lines: tuple[str, ...]
    readiness: tuple[dict[str, Any], ...]
    largest_gaps: tuple[dict[str, Any], ...]


def current_name(settings: Settings) -> str | None:
    """Return the name of the current release, None if there is none."""
    return settings.current.resolve().name if settings.current.exists() else None


def in_words(settings: Settings) -> str:
    """Return one sentence on what readers have now."""
    try:
        name = current_name(settings)
    except PermissionError:
        return "This user may not see which release stands; nothing was changed."
    return (
        f"The release {name} still stands and can be used." if name else "There is no release yet."
    )


def current_run(settings: Settings) -> str | None:
    """Return the run id of the current release, None if there is none."""
    return run_of(settings.current) if settings.current.exists() else None


def run_of(folder: Path) -> str | None:
    """Return the run id that a release folder says it is from."""
    package = folder / "datapackage.json"
    if not package.exists():
        return None
    return str(json.loads(package.read_text("utf-8"))["run"]["run_id"])


def delivered(settings: Settings) -> dict[str, int]:
    """Return the row counts of all deliveries so far: in = loaded + quarantined + refused.

    ``rows_left_aside`` tells how many of those in quarantine are no fault: their layout says that
    they are not ours.
    """
    summed = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in ROW_COUNTS)
    with open_person(settings, read_only=True) as connection:
        stop_if_newer(connection)
        [row] = connection.execute(f"select {summed} from raw.delivery").fetchall()
        told = connection.execute("select reasons from raw.delivery").fetchall()
    aside = sum(
        rows
        for (reasons,) in told
        for reason, rows in json.loads(reasons or "{}").items()
        if reason.startswith(LEFT_ASIDE)
    )
    return dict(zip(ROW_COUNTS, row, strict=True)) | {"rows_left_aside": aside}


def replaced(settings: Settings) -> list[dict[str, Any]]:
    """Return what newer deliveries have replaced, oldest first: its rows, and what replaced it."""
    with open_person(settings, read_only=True) as connection:
        rows = connection.execute(REPLACED).fetchall()
    return [dict(zip(REPLACED_NAMES, row, strict=True)) for row in rows]


def rows_in_words(rows: Mapping[str, int]) -> str:
    """Return the account of delivered rows.

    Examples
    --------
    >>> rows_in_words(dict(rows_in=5, rows_loaded=3, rows_quarantined=1, rows_refused=1))
    '5 rows in = 3 loaded + 1 quarantined + 1 refused'
    """
    aside = rows.get("rows_left_aside", 0)
    ours = f" ({aside} of them left aside by their layout)" if aside else ""
    return (
        f"{rows['rows_in']} rows in = {rows['rows_loaded']} loaded + "
        f"{rows['rows_quarantined']} quarantined{ours} + {rows['rows_refused']} refused"
    )


def summary(folder: Path) -> Summary:
    """Return a release in short."""
    ready = pd.read_parquet(folder / "readiness.parquet")
    gaps = latest(pd.read_parquet(folder / "gap.parquet"))
    register = folder / "decision_register.parquet"
    found = picks(gaps, pd.read_parquet(register) if register.exists() else None)
    chosen = found.shown
    counted = ready["readiness"].value_counts()
    lines = [
        "readiness: "
        + ", ".join(f"{counted.get(name, 0)} {name}" for name in ("green", "yellow", "red")),
        f"{found.n_picked} of {found.n_comparisons} declared gaps are established and beyond their "
        "limit",
    ]
    if len(chosen):
        first = chosen.iloc[0]
        lines.append(
            f"furthest beyond its limit: {first['indicator_id']} by {first['dimension']} "
            f"({first['adjustment']}), {first['gap_harm']:.3g} "
            f"({first['gap_harm_lower']:.3g} to {first['gap_harm_upper']:.3g}), "
            f"limit {first['mid']:.3g}: {first['focus_level']} is "
            f"{'worse' if first['gap_harm'] > 0 else 'better'} off than {first['reference_level']}"
        )
    return Summary(
        tuple(lines),
        tuple(
            {
                "indicator": row.indicator_id,
                "dimension": row.dimension,
                "readiness": row.readiness,
                "obstacle": row.obstacle_en or "",
            }
            for row in ready.itertuples()
        ),
        tuple(_gap(row) for row in chosen.to_dict("records")),
    )


def standing(settings: Settings) -> dict[str, Any]:
    """Return what `equity status` tells.

    Raises
    ------
    ConfigurationError
        If nothing has ever run in this home.
    """
    if not settings.person_database.exists():
        raise ConfigurationError(
            "Nothing has run here yet.",
            where=str(settings.run.home),
            mend="run `equity demo`, or `equity run --config FILE`",
        )
    told: dict[str, Any] = {
        "release": current_name(settings),
        "run_id": current_run(settings),
        "as_of": None,
        "age_days": None,
        "candidate": newest_candidate(settings),
        "deliveries": delivered(settings),
        "replaced": replaced(settings),
        "values": [],
        "gaps": [],
        "readiness": {},
    }
    if settings.current.exists():
        package = json.loads((settings.current / "datapackage.json").read_text("utf-8"))
        told["as_of"] = package["run"]["as_of"]
        told["age_days"] = (as_of_or_today(None, settings) - date.fromisoformat(told["as_of"])).days
        told |= _contents(settings.current)
    return told


def newest_candidate(settings: Settings) -> str | None:
    """Return the newest candidate's run id, None if there is none."""
    if not settings.candidates.is_dir():
        return None
    found = [p for p in settings.candidates.iterdir() if not p.name.startswith(".")]
    return max(found, key=lambda p: p.stat().st_mtime).name if found else None


def _contents(folder: Path) -> dict[str, Any]:
    totals = pd.read_parquet(folder / "stratified.parquet")
    totals = totals[
        (totals["dimension"] == "total")
        & (totals["strat2_level"] == "all")
        & (totals["geography_level"] == "region")
    ]
    ready = pd.read_parquet(folder / "readiness.parquet")["readiness"].value_counts()
    gaps = latest(pd.read_parquet(folder / "gap.parquet"))
    gaps = gaps[gaps["is_headline"] & gaps["is_declared_contrast"]]
    return {
        "values": [
            {
                "indicator_id": row["indicator_id"],
                "name": row["indicator_name_en"],
                "unit": row["unit_of_measure"],
                "period_start": row["period_start"],
                "period_end": row["period_end"],
                "value": _number(row["value_crude"]),
                "lower": _number(row["value_crude_lower"]),
                "upper": _number(row["value_crude_upper"]),
                "n_denominator": _number(row["n_denominator"]),
            }
            for row in latest(totals).to_dict("records")
        ],
        "gaps": [_gap(row) for row in gaps.to_dict("records")],
        "readiness": {str(name): int(count) for name, count in ready.items()},
    }


GAP_NAMES = ("indicator_id", "dimension", "focus_level", "reference_level", "adjustment")
GAP_NUMBERS = (
    "focus_value",
    "reference_value",
    "gap_abs",
    "gap_abs_lower",
    "gap_abs_upper",
    "gap_harm",
    "gap_harm_lower",
    "gap_harm_upper",
    "mid",
)


def _gap(row: Mapping[Any, Any]) -> dict[str, Any]:
    numbers = {name: _number(row[name]) for name in GAP_NUMBERS}
    return {
        **{name: row[name] for name in GAP_NAMES},
        **numbers,
        "unit": row["unit_of_measure"],
        "evidence_state": None if pd.isna(row["evidence_state"]) else row["evidence_state"],
        "value_status": row["value_status"],
    }


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
