"""Counts the cells, reads them back for the statistics, and keeps the unsuppressed forms."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from equity_pipeline.errors import QualityStop
from equity_pipeline.indicators.asked import PARTS, Asked, CellReport
from equity_pipeline.indicators.cells import count_cells
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.stored import read_cells
from equity_pipeline.settings import Settings
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import LONG_PERIODS
from equity_pipeline.warehouse.database import CELLS_MODE, open_cells, open_person

# completeness by area is what the crossed cells are read for
CROSSED = ("area_income_quintile",)


class CountedCells:
    """The counted cells in their database, an indicator at a time; open from first use to close.

    Forms ask for cells some hundred times: opening the file for each would take most of the time.
    """

    def __init__(self, settings: Settings) -> None:
        """Remember where the cells are."""
        self._settings = settings
        self._held = ExitStack()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def of(self, table: str, indicator_id: str, *, period_code: str | None = None) -> pa.Table:
        """Return the rows of a table of cells for one indicator, in the same order every time.

        Of one period if it is named: a tenth of the rows, in a tenth of the time. The words of
        ``one_way`` come as dictionaries.
        """
        if self._connection is None:
            opened = open_cells(self._settings, read_only=True)
            self._connection = self._held.enter_context(opened)
        with self._connection.cursor() as cells:
            return read_cells(cells, table, indicator_id, period_code=period_code)

    def close(self) -> None:
        """Let go of the file; what is asked for later opens it again."""
        self._connection = None
        self._held.close()


@dataclass(frozen=True, slots=True)
class Counted:
    """The cells of a run: the report, person counts, missing shares, and cells by indicator."""

    report: CellReport
    persons: pd.DataFrame
    missing: pd.DataFrame
    one_way: pd.DataFrame
    cells: CountedCells


@dataclass(frozen=True, slots=True)
class Facts:
    """The periods, the one whose population is the standard, and what the errors cluster on."""

    periods: pd.DataFrame
    base_period: str
    cluster_unit: str


def count(
    settings: Settings,
    catalogue: Sequence[Declaration],
    progress: Callable[[str], None] | None = None,
    *,
    parts: frozenset[str] = PARTS,
) -> Counted:
    """Count all cells into the cells database and return what the tables need of them.

    Only some ``parts`` are counted beside the region's own sums if they are named.
    """
    report = count_cells(
        settings.person_database,
        settings.cells_database,
        catalogue,
        asked=replace(_asked(settings), parts=parts),
        two_way="pairs" in parts,
        progress=progress,
        threads=settings.run.threads,
        memory_limit=settings.run.memory_limit,
    )
    with open_cells(settings, read_only=True) as cells:
        return Counted(
            report=report,
            persons=cells.sql("select * from persons order by all").df(),
            missing=cells.sql("select * from missing order by all").df(),
            one_way=cells.sql(
                "select indicator_id, dimension, level, sum(n)::bigint as n from one_way "
                "group by all order by all"
            ).df(),
            cells=CountedCells(settings),
        )


# a programme begins with its first unit
STARTS = """
select distinct date_trunc('month', min(from_date))::date as start_month
from mart.programme
group by programme_id
order by start_month
"""


def _asked(settings: Settings) -> Asked:
    with open_person(settings, read_only=True) as connection:
        kinds = ", ".join(f"'{one}'" for one in LONG_PERIODS)
        rows = connection.execute(
            "select period_code from intermediate.int_period__counted"
            f" where period_kind in ({kinds}) order by period_end, period_code"
        ).fetchall()
        starts = connection.execute(STARTS).fetchall()
    return Asked(
        long_periods=tuple(code for (code,) in rows),
        area_kind=settings.areas.kind,
        programme_dimension=settings.forms.programme_dimension,
        programme_starts=tuple(month for (month,) in starts),
        crossed=CROSSED,
    )


def facts(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Facts:
    """Return the periods with their area vintage, the base period and the cluster unit.

    Raises
    ------
    QualityStop
        If the deliveries span no period at all.
    """
    periods = connection.execute(PERIODS, {"area_kind": settings.areas.kind}).df()
    for name in ("period_start", "period_end"):
        periods[name] = pd.to_datetime(periods[name]).dt.date
    if periods.empty:
        raise QualityStop(
            "The deliveries hold no period to report.",
            where=str(settings.deliveries.folder or "open data"),
            mend="deliver contacts or persons for at least one period before --as-of",
        )
    return Facts(periods, _base_period(periods, settings), _cluster_unit(connection))


def _cluster_unit(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the column behind ``cluster_key``: the unit, or the area where none is delivered."""
    tables = ("contact", "listing", "survey", "telephony")
    asked = " or ".join(
        f"exists (from raw.{name} where unit_hsa_id is not null)" for name in tables
    )
    [(has_units,)] = connection.execute(f"select {asked}").fetchall()
    return "unit_hsa_id" if has_units else "area_code"


PERIODS = """
select
    dim_period.period_code,
    dim_period.period_kind,
    dim_period.period_start,
    dim_period.period_end,
    dim_period.data_status,
    coalesce(
        (
            select first(vintage order by year desc, vintage desc) from mart.dim_area
            where dim_area.area_kind = $area_kind
                and (
                    dim_area.year < year(dim_period.period_start)
                    or dim_period.period_kind = 'year'
                        and dim_area.year = year(dim_period.period_start)
                )
        ),
        (
            select first(vintage order by year, vintage desc) from mart.dim_area
            where dim_area.area_kind = $area_kind
        ),
        (select first(vintage order by year, vintage) from mart.dim_area)
    ) as area_vintage
from mart.dim_period
order by period_end, period_kind, period_code
"""


def _base_period(periods: pd.DataFrame, settings: Settings) -> str:
    """Return the period of the configured base year, else the newest twelve months."""
    whole = periods[periods["period_kind"].isin(LONG_PERIODS)]
    whole = whole if len(whole) else periods
    if settings.periods.base_year is not None:
        last_day = pd.to_datetime(whole["period_end"]) - pd.Timedelta(days=1)
        asked = whole[last_day.dt.year == settings.periods.base_year]
        whole = asked if len(asked) else whole
    return str(whole.sort_values("period_end")["period_code"].iloc[-1])


PUBLISHED = """
select source, measure_code, period_code, area_kind as geography_level,
    area_code as geography_code, value, value_lower, value_upper
from mart.fct_area_value
union all
select source, measure_code, period_code, area_kind, area_code, value, value_lower, value_upper
from mart.area_benchmark
order by all
"""


def published(
    connection: duckdb.DuckDBPyConnection, catalogue: Sequence[Declaration]
) -> pd.DataFrame:
    """Return published values of municipalities, the region and the country, by indicator."""
    measured = _measured(catalogue)
    rows = connection.sql(PUBLISHED).df()
    codes = zip(rows["source"], rows["measure_code"], strict=True)
    rows["indicator_id"] = [measured.get(key) for key in codes]
    held = rows["indicator_id"].notna() & rows["value"].notna()
    return pd.DataFrame(rows[held].drop(columns=["source", "measure_code"]))


FOUR_CRITERIA = """
select distinct source, measure_code, period_code
from mart.fct_area_value inner join mart.dim_area using (area_code)
where contains(ill_health_source, measure_code) and period_code = 'y-' || year
"""


def of_ill_health(
    connection: duckdb.DuckDBPyConnection, catalogue: Sequence[Declaration]
) -> frozenset[tuple[str, str]]:
    """Return the indicators and periods that are themselves the ill health of the classes."""
    measured = _measured(catalogue)
    rows = connection.execute(FOUR_CRITERIA).fetchall()
    keyed = {((source, code), period) for source, code, period in rows}
    return frozenset((measured[key], period) for key, period in keyed if key in measured)


def _measured(catalogue: Sequence[Declaration]) -> dict[tuple[object, object], str]:
    return {
        (asked.get("source"), asked["measure_code"]): one.id
        for one in catalogue
        if "measure_code" in (asked := {part.column: part.value for part in one.denominator.where})
    }


def keep(settings: Settings, estimates: pd.DataFrame, tables: dict[str, StratifiedTable]) -> None:
    """Put the long table and the unsuppressed forms beside the cells, for those who may."""
    held: dict[str, Any] = {name: table.data for name, table in tables.items()}
    held["estimates"] = pa.Table.from_pandas(estimates, preserve_index=False)
    put_beside(settings, held)


def put_beside(settings: Settings, held: Mapping[str, pa.Table]) -> None:
    """Put tables beside the cells under their names, in place of what was there.

    The file is made beside and put in place whole: who reads the old one reads on.
    """
    beside = settings.cells_database.with_name(f"{settings.cells_database.name}.building")
    shutil.copyfile(settings.cells_database, beside)
    beside.chmod(CELLS_MODE)
    with duckdb.connect(str(beside)) as connection:
        for name, data in held.items():
            connection.register("held", data)
            connection.execute(f"create or replace table {name} as select * from held")
            connection.unregister("held")
        connection.execute("checkpoint")
    beside.replace(settings.cells_database)
