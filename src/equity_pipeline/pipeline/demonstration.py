"""The demonstration: the synthetic sample through the whole night, whole or broken on purpose."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import equity_pipeline
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.pipeline.night import NightReport, night
from equity_pipeline.settings import Settings, load_settings

PROJECT = Path(equity_pipeline.__file__).resolve().parents[2]
CONFIG = PROJECT / "configs" / "demo.toml"
SAMPLE = PROJECT / "data" / "sample"
AS_OF = date(2025, 1, 15)
SHOWN_PLANT = "VT01"


def broken_deliveries() -> dict[str, str]:
    """Return the broken deliveries that can be shown, with what is wrong with each."""
    path = SAMPLE / "bad_deliveries" / "manifest.json"
    if not path.exists():
        raise ConfigurationError(
            "The sample is not here.",
            where=str(SAMPLE),
            mend="run the demonstration from a checkout of the project",
        )
    listed = json.loads(path.read_text("utf-8"))["deliveries"]
    return {one["name"]: one["what_is_wrong"] for one in listed}


def run(
    home: Path,
    *,
    broken: str | None = None,
    with_prefect: bool = True,
    progress: Callable[[str], None] | None = None,
) -> NightReport:
    """Run the night on the sample in ``home``, and return how it ended.

    Parameters
    ----------
    home
        The folder to make.
    broken
        The name of a broken delivery to add: the night then stops as it must.
    with_prefect
        Run as the Prefect flow; otherwise the same night without any server.
    """
    added = None if broken is None else _broken_folder(home, broken)
    if with_prefect and added is None:
        return _as_flow(home, progress)
    settings = _settings(home)
    if added is not None:
        deliveries = settings.deliveries.model_copy(update={"folder": added})
        settings = settings.model_copy(update={"deliveries": deliveries})
    return night(settings, as_of=AS_OF, progress=progress)


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
    return replace(report)


def _load_flow() -> ModuleType:
    """Return the flow's module; flows stand beside the package, not in it."""
    path = PROJECT / "flows" / "nightly.py"
    spec = importlib.util.spec_from_file_location("equity_nightly_flow", path)
    if spec is None or spec.loader is None or not path.exists():
        raise ConfigurationError(
            "The flow is not here.", where=str(path), mend="use --no-prefect, or a checkout"
        )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _broken_folder(home: Path, name: str) -> Path:
    known = broken_deliveries()
    if name not in known:
        raise ConfigurationError(
            f"There is no broken delivery {name!r}.",
            where="--break",
            mend="choose one of " + ", ".join(known),
        )
    folder = home / "broken_delivery"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SAMPLE / "incoming", folder / "incoming")
    shutil.copytree(SAMPLE / "bad_deliveries" / name, folder / "incoming" / "broken" / "202501")
    return folder / "incoming"
