"""The night as a Prefect flow: a task is one call into the pipeline; only fetch retries."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_RESULTS_DEFAULT_SERIALIZER", "json")  # its own choice is pickle
os.environ.setdefault("PREFECT_RESULTS_PERSIST_BY_DEFAULT", "false")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")

from prefect import Flow, flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State
from prefect.logging import get_logger
from telling import tell

from equity_pipeline import pipeline
from equity_pipeline.cli.runs import settings_of
from equity_pipeline.pipeline import NightReport, watching
from equity_pipeline.settings import Settings

RETRY_AFTER_SECONDS: dict[str, list[float]] = {"fetch": [10, 60, 300]}


def as_task(stage: Callable[..., Any]) -> Callable[..., Any]:
    """Return the stage as a task: nothing is cached or persisted, only fetch retries."""
    delays = RETRY_AFTER_SECONDS.get(stage.__name__, [])
    made: Callable[..., Any] = task(
        name=stage.__name__,
        cache_policy=NO_CACHE,
        persist_result=False,
        result_serializer="json",
        retries=len(delays),
        retry_delay_seconds=delays or 0,
        retry_jitter_factor=0.2 if delays else None,
    )(stage)
    return made


def tell_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001
    """Say what failed and whether the old release still stands; no value from a row is in it."""
    asked = flow_run.parameters
    settings = settings_from(asked.get("config"), asked.get("home"))
    subject, body = watching.failed(settings, state.message or "")
    create_markdown_artifact(key="night-failed", markdown=f"# {subject}\n\n{body}")
    for untold in tell(settings.operation.tell, subject, body):
        get_logger("equity").error(untold)


def settings_from(config: str | None, home: str | None) -> Settings:
    """Return the settings of a file, both given as the parameters of a deployment."""
    return settings_of(Path(config) if config else None, Path(home) if home else None)


@flow(
    name="nightly",
    on_failure=[tell_failure],
    on_crashed=[tell_failure],
    log_prints=False,
    persist_result=False,
    result_serializer="json",
)
def nightly(
    config: str | None = None, as_of: str | None = None, home: str | None = None
) -> NightReport:
    """Run the night of a configuration.

    Parameters
    ----------
    config
        Path of an equity.toml.
    as_of
        The date the run is for, YYYY-MM-DD; today if absent.
    home
        Where to work; overrides ``run.home``.
    """
    log = get_run_logger()
    report = pipeline.night(
        settings_from(config, home),
        as_of=date.fromisoformat(as_of) if as_of else None,
        as_task=as_task,
        progress=log.info,
    )
    _publish_artifacts(report)
    return report


def _publish_artifacts(report: NightReport) -> None:
    create_markdown_artifact(
        key="run-report",
        markdown=f"# {report.headline}\n\n" + "\n".join(f"- {line}" for line in report.lines),
    )
    create_table_artifact(key="data-readiness", table=list(report.readiness))
    create_table_artifact(key="largest-gaps", table=list(report.largest_gaps))
