"""The demonstration: the synthetic sample through the whole night, whole or broken on purpose."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import equity_pipeline
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.extracts.durable import TEMPORARY
from equity_pipeline.pipeline import stages, standing
from equity_pipeline.pipeline.night import NightReport, night
from equity_pipeline.settings import Settings, load_settings
from equity_pipeline.warehouse.database import Lock

PROJECT = Path(equity_pipeline.__file__).resolve().parents[2]
CONFIG = PROJECT / "configs" / "demo.toml"
SAMPLE = PROJECT / "data" / "sample"
AS_OF = date(2025, 1, 15)
SHOWN_PLANT = "VT01"


def broken_deliveries() -> dict[str, str]:
    """Return the broken deliveries that can be shown, with what is wrong with each."""
    return {one["name"]: one["what"] for one in _listed()}


def run(
    home: Path,
    *,
    with_prefect: bool = True,
    progress: Callable[[str], None] | None = None,
) -> NightReport:
    """Run the night on the sample in ``home``, and return how it ended.

    Parameters
    ----------
    home
        The folder to make.
    with_prefect
        Run as the Prefect flow; otherwise the same night without any server.
    """
    if with_prefect:
        return _as_flow(home, progress)
    return night(_settings(home), as_of=AS_OF, progress=progress)


def deliver_broken(
    home: Path, name: str, *, progress: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Deliver something broken where a demonstration stands, and return what became of it.

    A good night runs first where no release stands. What must stop the night is delivered to it;
    what is only set aside is taken into a copy, so that the demonstration stays as it was.

    Raises
    ------
    ConfigurationError
        If there is no such broken delivery.
    DeliveryRefused
        If the delivery is one that must be refused; the release still stands.
    """
    broken = _broken(name)
    settings = _settings(home)
    if standing.current_name(settings) is None:
        if progress is not None:
            progress("first       a whole night: no release stands here yet")
        night(settings, as_of=AS_OF, progress=progress)
    folder = SAMPLE / "bad_deliveries" / name
    deliveries = settings.deliveries.model_copy(update={"folder": folder})
    delivered = settings.model_copy(update={"deliveries": deliveries})
    rows = (
        night(delivered, as_of=AS_OF, progress=progress).rows
        if broken["exit_code"]
        else _taken_into_a_copy(delivered)
    )
    return {
        "what": broken["what"],
        "rows": rows,
        "release": standing.current_name(settings),
    }


def in_words(became: dict[str, Any]) -> str:
    """Return what became of a broken delivery, for people."""
    return "\n".join(
        (
            f"Delivered: {became['what']}",
            f"{standing.rows_in_words(became['rows'])}; the reasons stand in raw.delivery",
            "A few such rows stop no night: they are set aside and counted in the readiness.",
            f"The release {became['release']} still stands and can be used.",
        )
    )


def planted_beside_found(report: NightReport) -> str:
    """Return the planted difference that the demonstration shows, beside what was found."""
    truths = json.loads((SAMPLE / "truth.json").read_text("utf-8"))["truths"]
    plant = next(one for one in truths if one["indicator_id"] == SHOWN_PLANT)
    found = [
        gap
        for gap in report.largest_gaps
        if gap["indicator_id"] == plant["indicator_id"] and gap["dimension"] == plant["dimension"]
    ]
    largest = report.largest_gaps[0] if report.largest_gaps else None
    lines = []
    if largest is not None:
        lines.append(
            f"Largest gap against its limit: {largest['indicator_id']} by {largest['dimension']}, "
            f"{_in_words(largest)}"
        )
    if found:
        lines.append(
            f"Planted:     {plant['indicator_id']} by {plant['dimension']}, "
            f"{abs(plant['true_value']) * 100:.1f} percentage points; found {_in_words(found[0])}"
        )
    return "\n".join(lines)


def _in_words(gap: dict[str, Any]) -> str:
    factor, unit = (100.0, "percentage points") if gap["unit"] == "percent" else (1.0, gap["unit"])
    return (
        f"{gap['gap_harm'] * factor:.1f} {unit} "
        f"({gap['gap_harm_lower'] * factor:.1f} to {gap['gap_harm_upper'] * factor:.1f})"
    )


def _settings(home: Path) -> Settings:
    settings = load_settings(CONFIG).settings
    return settings.model_copy(
        update={"run": settings.run.model_copy(update={"home": home.resolve()})}
    )


def _as_flow(home: Path, progress: Callable[[str], None] | None) -> NightReport:
    flow = _load_flow().nightly
    if progress is not None:
        progress("prefect     a temporary server starts; the flow runs on it")
    report: NightReport = flow(config=str(CONFIG), as_of=AS_OF.isoformat(), home=str(home))
    return report


def _load_flow() -> ModuleType:
    """Return the flow's module; flows stand beside the package, not in it."""
    path = PROJECT / "flows" / "nightly.py"
    spec = importlib.util.spec_from_file_location("equity_nightly_flow", path)
    if spec is None or spec.loader is None or not path.exists():
        raise ConfigurationError(
            "The flow is not here.", where=str(path), mend="use --no-prefect, or a checkout"
        )
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))  # flows share modules that stand beside them
    spec.loader.exec_module(module)
    return module


def _listed() -> list[dict[str, Any]]:
    path = SAMPLE / "bad_deliveries" / "manifest.json"
    if not path.exists():
        raise ConfigurationError(
            "The sample is not here.",
            where=str(SAMPLE),
            mend="run the demonstration from a checkout of the project",
        )
    listed: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["bad_deliveries"]
    return listed


def _broken(name: str) -> dict[str, Any]:
    known = {one["name"]: one for one in _listed()}
    if name not in known:
        raise ConfigurationError(
            f"There is no broken delivery {name!r}.",
            where="--break",
            mend="choose one of " + ", ".join(known),
        )
    return known[name]


def _taken_into_a_copy(settings: Settings) -> dict[str, int]:
    """Load a delivery into a copy of the person database, and return its rows by what became."""
    copied = settings.run.home / f"{TEMPORARY}broken"
    aside = settings.model_copy(update={"run": settings.run.model_copy(update={"home": copied})})
    with Lock(settings.run.home):
        shutil.rmtree(copied, ignore_errors=True)
        try:
            aside.internal.mkdir(mode=0o700, parents=True)
            shutil.copy2(settings.person_database, aside.person_database)
            report = stages.load(aside, AS_OF, None).deliveries
        finally:
            shutil.rmtree(copied, ignore_errors=True)
    return {name: report.total(name) if report else 0 for name in standing.ROW_COUNTS}
