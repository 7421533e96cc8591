"""Runs a suite on frames by chunk; what comes back is a verdict, never a value of a row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from equity_pipeline.quality.frames import CHUNK_ROWS, chunks, whole
from equity_pipeline.quality.results import GateResult
from equity_pipeline.quality.suites import (
    Expectation,
    Suite,
    as_great_expectations,
    great_expectations,
)
from equity_pipeline.quality.words import expectation

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

# Every richer format carries offending values into the results.
RESULT_FORMAT = {"result_format": "BOOLEAN_ONLY"}
PASSED, FAILED, ERROR, NOTHING = "passed", "failed", "error", "nothing"


def run_suite(
    suite: Suite,
    connection: duckdb.DuckDBPyConnection,
    *,
    undelivered: Collection[str] = (),
    chunk_rows: int = CHUNK_ROWS,
) -> tuple[GateResult, ...]:
    """Return one result for each expectation of a suite on ``raw.<entity>``.

    Expectations about single rows are held against chunk after chunk; those about shares, means
    or uniqueness against the whole of the columns that they name, so that the verdict does not
    depend on how the file was cut. An expectation that could not be run has failed critically;
    one about a column that nobody delivered (``undelivered``) has nothing to say and passes.
    """
    told_of = [one for one in suite.expectations if not set(one.columns) & set(undelivered)]
    by_chunk = tuple(one for one in told_of if one.by_chunk)
    of_whole = tuple(one for one in told_of if not one.by_chunk)
    columns = tuple(dict.fromkeys(name for one in by_chunk for name in one.columns))
    verdicts, rows = _by_chunk(
        suite, by_chunk, chunks(connection, suite.entity, columns, rows=chunk_rows)
    )
    for group in [of_whole] if rows <= chunk_rows else [(one,) for one in of_whole]:
        found = _of_whole(suite, connection, group)
        verdicts |= {id(one): found[at] for at, one in enumerate(group)}
    return tuple(
        _result(suite, one, verdicts.get(id(one), NOTHING), rows) for one in suite.expectations
    )


def _of_whole(
    suite: Suite, connection: duckdb.DuckDBPyConnection, chosen: tuple[Expectation, ...]
) -> Mapping[int, str]:
    columns = tuple(dict.fromkeys(name for one in chosen for name in one.columns))
    return _verdicts(suite, chosen, whole(connection, suite.entity, columns)) if chosen else {}


def _by_chunk(
    suite: Suite, chosen: tuple[Expectation, ...], frames: Iterable[pd.DataFrame]
) -> tuple[dict[int, str], int]:
    worst = {id(one): PASSED for one in chosen}
    rows = 0
    if not chosen:
        return worst, rows
    for frame in frames:
        rows += len(frame)
        for at, verdict in _verdicts(suite, chosen, frame).items():
            key = id(chosen[at])
            worst[key] = max(worst[key], verdict, key=(PASSED, FAILED, ERROR).index)
    return worst, rows


def _verdicts(
    suite: Suite, chosen: tuple[Expectation, ...], frame: pd.DataFrame
) -> Mapping[int, str]:
    """Return the verdict of each expectation by its place among those chosen."""
    made = as_great_expectations(suite, chosen)
    batch = _frames().get_batch(batch_parameters={"dataframe": frame})
    told = batch.validate(made, result_format=RESULT_FORMAT)
    verdicts = {result.expectation_config.meta["at"]: _verdict(result) for result in told.results}
    return {at: verdicts.get(at, ERROR) for at in range(len(chosen))}


@cache
def _frames() -> Any:
    """Return the one place that frames are handed to; a context each would leave folders behind."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def _verdict(result: Any) -> str:
    told = result.exception_info or {}
    each = [told] if "raised_exception" in told else list(told.values())
    if any(one.get("raised_exception") for one in each):
        return ERROR
    return PASSED if result.success else FAILED


def _result(suite: Suite, one: Expectation, verdict: str, rows: int) -> GateResult:
    on = ", ".join(one.columns)
    mostly = one.kwargs.get("mostly")
    share = f" in at least {mostly:.1%} of rows" if mostly is not None else ""
    detail = f"{on}: {one.why or 'the expectation'}{share}"
    if verdict == ERROR:
        detail = f"{on}: the check could not be run"
    if verdict == NOTHING:
        detail = f"{on}: not delivered"
    return GateResult(
        entity=suite.entity,
        check=one.type.removeprefix("expect_"),
        kind="gx",
        severity="critical" if verdict == ERROR else one.severity,
        passed=verdict in (PASSED, NOTHING),
        n_checked=0 if verdict == NOTHING else rows,
        detail=detail,
        column=one.columns[0],
        asked=expectation(one),
    )
