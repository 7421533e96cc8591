"""Gathers what the readiness table is judged on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.pipeline import open_data
from equity_pipeline.quality.areas_built import AreasBuilt, area_checks, read_areas_built
from equity_pipeline.quality.coverage import coverage_of, read_coverage
from equity_pipeline.quality.material import Material
from equity_pipeline.quality.missing import completeness_of
from equity_pipeline.quality.origins import load_totals
from equity_pipeline.quality.published import check_rows, delivery_rows
from equity_pipeline.quality.readiness import readiness_rows
from equity_pipeline.quality.results import GateReport
from equity_pipeline.settings import Settings
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.warehouse.database import open_cells, open_person

if TYPE_CHECKING:
    from equity_pipeline.pipeline.counting import Counted
    from equity_pipeline.sources.open_data import OpenData


def readiness(
    settings: Settings,
    as_of: date,
    context: FormContext,
    counted: Counted,
    gate: GateReport,
    pulled: OpenData | None,
    published: pd.DataFrame,
) -> StratifiedTable:
    """Return T0: what can be reported by which dimension, and what stands in the way."""
    with open_person(settings, read_only=True) as connection:
        loads = load_totals(connection)
        covered = read_coverage(connection, settings.region.code)
        areas = read_areas_built(connection)
    declared = list(context.declared.values())
    material = Material(
        as_of=as_of,
        absent=counted.report.absent,
        completeness=completeness_of(
            counted.one_way.itertuples(index=False, name=None), _two_way(settings)
        ),
        loads=loads,
        gate=with_areas(gate, areas),
        areas=areas,
        notes=list(open_data.notes(pulled)),
        columns={one.id: _columns(one) for one in declared},
        regions_only=_regions_only(published),
        not_crossed={(one.id, name) for one in declared for name in one.exclude_dimensions},
        registers={one.id: one.quality_register for one in declared if one.quality_register},
        coverage=coverage_of(covered),
    )
    newest = context.periods.sort_values("period_end").iloc[-1]
    stamp = {
        "run_id": context.run_id,
        "period_start": newest["period_start"],
        "period_end": newest["period_end"],
        "data_status": newest["data_status"],
        "area_vintage": newest["area_vintage"],
        "disclosure_tier": "internal",
    }
    rows = readiness_rows(declared, material, stamp=stamp)
    return StratifiedTable.of("readiness", pd.DataFrame(rows).convert_dtypes())


def with_areas(gate: GateReport, areas: AreasBuilt) -> GateReport:
    """Return the report of the gate with the checks that only the built areas can answer."""
    return GateReport((*gate.results, *area_checks(areas)))


def of_files(settings: Settings, run_id: str, gate: GateReport) -> dict[str, StratifiedTable]:
    """Return T0b and T0c: what was checked, and what was delivered."""
    stamp = {"run_id": run_id, "disclosure_tier": "internal"}
    with open_person(settings, read_only=True) as connection:
        built = with_areas(gate, read_areas_built(connection))
        rows = {
            "checks": check_rows(built, stamp),
            "deliveries": delivery_rows(connection, stamp),
        }
    return {
        form: StratifiedTable.of(form, pd.DataFrame(held).convert_dtypes())
        for form, held in rows.items()
        if held
    }


def _columns(declared: Declaration) -> tuple[str, ...]:
    parts = (declared.denominator, declared.numerator)
    asked = [condition.column for part in parts for condition in part.where]
    return tuple(dict.fromkeys([*asked, *(part.sum for part in parts if part.sum)]))


def _regions_only(published: pd.DataFrame) -> set[str]:
    """Return the indicators published for the region or country and for no smaller area."""
    above = published["geography_level"].isin(["region", "country"])
    ids = published["indicator_id"]
    return set(ids[above]) - set(ids[~above])


def _two_way(settings: Settings) -> list[tuple[str, str, str, str, str, int]]:
    with open_cells(settings, read_only=True) as cells:
        return cells.execute(
            "select indicator_id, dimension, level, dimension2, level2, sum(n)::bigint as n "
            "from two_way where 'area_income_quintile' in (dimension, dimension2) "
            "group by all order by all"
        ).fetchall()
