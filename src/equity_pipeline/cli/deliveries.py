"""The command for those who send deliveries: check-delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import Config, Json

if TYPE_CHECKING:
    from equity_pipeline.deliveries.check import Checked

WORDS = {
    "accept": "would be loaded",
    "quarantine": "would be loaded, but for the rows that are set aside",
    "reject_file": "would be refused as a whole",
}


def check_delivery(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Files, in the order they are sent.")
    ],
    layout: Annotated[
        str,
        typer.Option(
            "--layout", help="A layout by name (flat_visits, standard), or the path of its TOML."
        ),
    ],
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day of the delivery."),
    ],
    config: Config = None,
    json: Json = False,
) -> None:
    """Say what would become of files before they are sent; nothing of them is kept.

    Exit codes: 0 they would be loaded (or are already), 16 a file would be refused, 2 no such
    file or layout, 10 the layout is wrong.
    """
    from equity_pipeline.cli.runs import settings_of
    from equity_pipeline.deliveries import check

    settings = settings_of(config)
    chosen = check.layout_named(layout, settings)
    with _bar(len(files)) as step:
        found = check.check(files, chosen, as_of=as_of.date(), settings=settings, progress=step)
    if json:
        console.as_json(check.summary(found))
    else:
        _say(found)
    raise typer.Exit(check.exit_code(found))


@contextmanager
def _bar(files: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on standard error while files are read; nothing when nobody watches."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed

    columns = (TextColumn("checking"), BarColumn(), TaskProgressColumn(), Elapsed())
    with Progress(
        *columns, console=console.err, transient=True, disable=not console.err.is_terminal
    ) as shown:
        task, done = shown.add_task("checking", total=files), 0

        def step(line: str) -> None:
            nonlocal done
            share = getattr(line, "share", None)
            done += share is None
            shown.update(task, completed=done + (share or 0))

        yield step


def _say(files: list[Checked]) -> None:
    for one in files:
        console.say(f"{escape(one.file)}: {one.verdict} ({_words(one)})")
    console.table(
        "Rows",
        ["file", "in", "loaded", "set aside", "refused"],
        [
            (
                escape(one.file),
                _n(one.rows_in),
                one.rows_loaded,
                one.rows_quarantined,
                _n(one.rows_refused),
            )
            for one in files
        ],
    )
    for one in files:
        for reason, n in (*one.reasons.items(), *one.warnings.items()):
            console.say(f"{escape(one.file)}: {escape(reason)}{f' ({n})' if n else ''}")
            console.say(f"  to mend: {one.mends[reason]}")


def _words(one: Checked) -> str:
    if "already_loaded" in one.reasons:
        return "is already loaded and would not be loaded again"
    return WORDS[one.verdict]


def _n(rows: int | None) -> str:
    return "not known" if rows is None else str(rows)
