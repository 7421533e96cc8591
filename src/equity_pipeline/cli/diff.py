"""The command that says what changed between two releases, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import Config, Home, Json, settings_of

if TYPE_CHECKING:
    from equity_pipeline.extracts.difference import Difference

SHOWN = 30  # indicators and verdicts printed for people; the JSON has all
BECAUSE = {
    "data": "other data were delivered or fetched, or the run is for another date",
    "code": "the pipeline is another",
    "configuration": "the settings are others",
    "definition": "indicators are new, gone or defined in another way, or columns are",
    "suppression": "other cells are hidden",
}


def diff(
    before: Annotated[str, typer.Argument(help="The older: a release or candidate, by name.")],
    after: Annotated[str, typer.Argument(help="The newer: its name, or a folder.")] = "current",
    config: Config = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Say what changed between two releases and why: data, code, definition, suppression.

    Each row that differs is counted once: new, removed, defined in another way, hidden, shown, or
    with other values. Exit 0 whether they differ or not; the JSON says `identical`.
    """
    from equity_pipeline.extracts.difference import difference
    from equity_pipeline.pipeline.releasing import named

    settings = settings_of(config, out)
    with console.working("diff"):
        made = difference(named(settings, before), named(settings, after))
    if json:
        console.as_json({"before": before, "after": after, **made.told()})
        return
    _say(made, before, after)


def _say(made: Difference, before: str, after: str) -> None:
    if not made.tables:
        console.say(f"{before} and {after} hold the same tables.")
        return
    for name in made.why:
        console.say(f"{name}: {BECAUSE[name]}.")
    names = ("new", "removed", "definition", "hidden", "shown", "values")
    _table("Tables that differ", ("table", *names), [(o.form, *o.rows.told()) for o in made.tables])
    indicators = sorted(made.by_indicator().items(), key=lambda one: (-one[1].all, one[0]))
    rows = [(name, *counted.told()) for name, counted in indicators]
    _table("Indicators that differ", ("indicator", *names), rows)
    words = sorted({words for one in made.tables for words in one.definitions})
    _table("Definitions", ("indicator",), [(one,) for one in words])
    heads = ("indicator_id", "dimension", "period_end", "before", "after")
    verdicts = [tuple(one[name] for name in heads) for one in made.verdicts]
    _table("Judged in another way", heads, verdicts)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        more = f", the first {SHOWN}" if len(rows) > SHOWN else ""
        console.table(f"{title} ({len(rows)}{more})", columns, rows[:SHOWN])
