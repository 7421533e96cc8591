"""The nights of past months as one Prefect flow; run again it goes on where it was cut off."""

from __future__ import annotations

from nightly import as_task, settings_from  # first: it says how Prefect is to behave
from prefect import flow, get_run_logger

from equity_pipeline.pipeline import backfilling


@flow(name="backfill", log_prints=False, persist_result=False, result_serializer="json")
def backfill(
    first: str,
    last: str,
    config: str | None = None,
    home: str | None = None,
    day: int = backfilling.DAY,
) -> list[backfilling.Month]:
    """Run the night of each month from the first to the last.

    Parameters
    ----------
    first, last
        Months as 2023-01, both included.
    config
        Path of an equity.toml.
    home
        Where to work; overrides ``run.home``.
    day
        The day of the month after on which each is reported.
    """
    return backfilling.backfill(
        settings_from(config, home),
        first,
        last,
        day=day,
        as_task=as_task,
        progress=get_run_logger().info,
    )
