"""The commands that write what the declarations say of personal data."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import Config, Home, Json, settings_of

To = Annotated[Path | None, typer.Option("--to", help="A file; the screen if absent.")]


def processing_record(
    config: Config = None, out: Home = None, to: To = None, json: Json = False
) -> None:
    """Write the record of processing (GDPR, article 30) from the declarations, in Swedish.

    Exit code 2 if a source has no purpose, legal basis or owner.
    """
    from equity_pipeline.pipeline import records, records_page

    made = records.processing_record(settings_of(config, out))
    _hand_over(made, records_page.record_page(made), to, json)


def dpia_annex(config: Config = None, out: Home = None, to: To = None, json: Json = False) -> None:
    """Write the annex to an impact assessment (article 35): facts and limits, in Swedish.

    How likely and how grave each risk is stays open: people judge it.
    """
    from equity_pipeline.pipeline import records, records_page

    made = records.dpia_annex(settings_of(config, out))
    _hand_over(made, records_page.annex_page(made), to, json)


def _hand_over(made: dict[str, Any], page: str, to: Path | None, json: bool) -> None:
    if to is not None:
        text = json_module.dumps(made, ensure_ascii=False, indent=2) + "\n" if json else page
        to.write_text(text, "utf-8")
        console.say(str(to))
    elif json:
        console.as_json(made)
    else:
        console.out.print(page, markup=False, highlight=False)
