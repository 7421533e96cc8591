"""How the command line speaks: tables for people, JSON when asked, faults with an instruction."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table

from equity_pipeline.errors import EquityError, exit_code_of

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)
BAR = 30  # columns


def say(text: str) -> None:
    """Print a result line for people."""
    out.print(text, highlight=False)


def progress(text: str) -> None:
    """Print a line of progress to standard error."""
    err.print(f"  [green]✓[/green] {text}", highlight=False)


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner on standard error with what is being done; nothing when nobody watches.

    A text that knows its share of the work (``share``, from 0 to 1) has a bar beside it.
    """
    with err.status(what) as spinner:
        yield lambda text: spinner.update(_shown(what, text))


def _shown(what: str, text: str) -> RenderableType:
    share = getattr(text, "share", None)
    room = err.width - 4 - (0 if share is None else BAR + 1)
    line = f"{what}: {text}"[:room]
    if share is None:
        return line
    row = Table.grid(padding=(0, 1))
    row.add_row(line, ProgressBar(total=1.0, completed=share, width=BAR))
    return row


def as_json(value: Any) -> None:
    """Print a value as JSON."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table for people."""
    made = Table(title=title, title_justify="left", header_style="bold")
    for name in columns:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(made)


def fault(error: BaseException, *, json_wanted: bool) -> int:
    """Tell a fault, every member of a group, and return the exit code."""
    code = exit_code_of(error)
    members = list(_members(error))
    if json_wanted:
        told = [_told(one) for one in members]
        as_json({"exit_code": code, "errors": told, "notes": _notes(error)})
    for one in members:
        err.print(f"[bold red]{type(one).__name__}[/bold red] (exit {code})", highlight=False)
        err.print(str(one), highlight=False, markup=False)
    notes(error)
    return code


def notes(error: BaseException) -> None:
    """Tell what was noted beside a fault: what still stands."""
    for note in _notes(error):
        err.print(note, highlight=False, markup=False)


def _notes(error: BaseException) -> list[str]:
    return list(getattr(error, "__notes__", []))


def _members(error: BaseException) -> Iterable[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _members(one)
    else:
        yield error


def _told(error: BaseException) -> Mapping[str, str]:
    if isinstance(error, EquityError):
        return {
            "error": type(error).__name__,
            "what": error.what,
            "where": error.where,
            "mend": error.mend,
        }
    return {"error": type(error).__name__, "what": str(error), "where": "", "mend": ""}
