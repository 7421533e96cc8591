"""Prints the methods page: every public statistic with what it gives, its source, an example."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from equity_pipeline import statistics
from equity_pipeline.pipeline import printing
from equity_pipeline.statistics.estimate import Caution

_ABOUT = """Every number in the tables comes from one of these functions of counts and sums. Each \
takes arrays of groups and returns arrays; what it could not estimate is missing, never 0. The \
figures of other packages that they are held against are run by `tests/reference`."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A public function of the statistics: its sections by name, as its docstring has them."""

    module: str
    name: str
    signature: str
    summary: str
    sections: dict[str, str]


def methods_page() -> str:
    """Return the page, by room and module, with the cautions that estimates can carry."""
    parts = ["# Methods", printing.NOTE, _ABOUT, _cautions()]
    for module in modules():
        found = list(statistics_of(module))
        if found:
            short = module.__name__.removeprefix(f"{statistics.__name__}.")
            parts.append(f"## {short.replace('.', ' / ')}\n\n{_first_line(module)}")
            parts += [_entry(one) for one in found]
    return "\n\n".join(parts) + "\n"


def modules() -> list[ModuleType]:
    """Return every module of the statistics, in order of name; packages themselves are left out."""
    found = pkgutil.walk_packages(statistics.__path__, f"{statistics.__name__}.")
    names = sorted(one.name for one in found if not one.ispkg)
    return [importlib.import_module(name) for name in names]


def statistics_of(module: ModuleType) -> Iterator[Statistic]:
    """Yield the public functions that a module defines, in its own order.

    What a room has for others stands in its ``__all__``; a module that is a room of its own shows
    an example of each.
    """
    room = importlib.import_module(module.__name__.rpartition(".")[0])
    for name, found in vars(module).items():
        own = getattr(found, "__module__", None) == module.__name__
        if own and inspect.isfunction(found) and not name.startswith("_"):
            one = _read(module.__name__, name, found)
            is_shown = "Examples" in one.sections if room is statistics else name in room.__all__
            if is_shown:
                yield one


def _read(module: str, name: str, function: Callable[..., Any]) -> Statistic:
    text = inspect.getdoc(function) or ""
    summary, _, rest = text.partition("\n\n")
    pieces = re.split(r"^(\w+)\n-{3,}\n", rest, flags=re.M)
    sections = dict(zip(pieces[1::2], (p.strip("\n") for p in pieces[2::2]), strict=True))
    arguments = ", ".join(inspect.signature(function).parameters)
    return Statistic(module, name, f"{name}({arguments})", " ".join(summary.split()), sections)


def _entry(one: Statistic) -> str:
    lines = [f"### `{one.signature}`", one.summary]
    if sources := one.sections.get("References"):
        lines.append("Source: " + " ".join(sources.split()))
    if example := one.sections.get("Examples"):
        lines.append(f"```python\n{example}\n```")
    return "\n\n".join(lines)


def _first_line(module: ModuleType) -> str:
    return " ".join((module.__doc__ or "").partition("\n\n")[0].split())


def _cautions() -> str:
    rows = [f"| `{one}` | {one.text} |" for one in Caution]
    return "\n".join(["## Cautions", "", "| Code | What it says |", "| --- | --- |", *rows])
