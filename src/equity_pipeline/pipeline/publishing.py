"""Fills a candidate release: extracts, database, page, description, changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equity_pipeline.disclosure.disclose import Disclosure
from equity_pipeline.extracts.database import build_database
from equity_pipeline.extracts.failpoint import failpoint
from equity_pipeline.extracts.manifest import write_changes, write_datapackage
from equity_pipeline.extracts.parquet import write_parquet
from equity_pipeline.extracts.release import build_candidate
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.pages import write_index
from equity_pipeline.report.quality_page import write_quality
from equity_pipeline.settings import Settings


def candidate(
    settings: Settings,
    as_of: date,
    run_id: str,
    disclosed: Disclosure,
    catalogue: Sequence[Declaration],
    sources: Sequence[dict[str, str]],
) -> Path:
    """Build ``candidates/<run_id>`` from disclosed tables and return it."""
    facts = {
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "code": code_version(),
        "configuration": settings.digest(),
        "region_code": settings.region.code,
        "region_name": settings.region.name,
        "synthetic": settings.region.synthetic,
        "hidden_small": disclosed.n_primary,
        "hidden_to_protect": disclosed.n_secondary,
        "withheld": "; ".join(f"{one} from {first}" for one, first in disclosed.withheld),
        "disclosure": settings.disclosure.reason,
        "smallest_count": settings.disclosure.smallest_count,
        "smallest_denominator": settings.disclosure.smallest_denominator,
        "sensitive_dimensions": ",".join(settings.disclosure.sensitive_dimensions),
    }

    def fill(folder: Path) -> None:
        for table in disclosed.tables.values():
            write_parquet(table, folder)
            failpoint("publish:between_files")
        failpoint("publish:before_database")
        build_database(disclosed.tables, _rows(settings, catalogue), facts, folder)
        write_index(disclosed.tables, _page(settings, run_id, disclosed), folder)
        write_quality(disclosed.tables, _page(settings, run_id, disclosed), folder)
        write_datapackage(folder, facts, sources=sources)
        write_changes(
            folder, settings.current.resolve() if settings.current.exists() else None, facts
        )

    return build_candidate(settings, run_id, fill)


def _rows(settings: Settings, catalogue: Sequence[Declaration]) -> pa.Table:
    chosen = {one.id for one in catalogue}
    rows = load_catalogue(settings.run.declared).table()
    return pa.Table.from_pylist([row for row in rows if row["id"] in chosen])


def _page(settings: Settings, run_id: str, disclosed: Disclosure) -> PageFacts:
    return PageFacts(
        region=settings.region.name,
        run_id=run_id,
        synthetic=settings.region.synthetic,
        disclosure_reason=settings.disclosure.reason,
        n_hidden=disclosed.n_primary + disclosed.n_secondary,
    )
