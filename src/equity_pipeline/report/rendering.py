"""Pages from templates: escaped, strict about what is missing, from the package alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("equity_pipeline.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def write_page(name: str, folder: Path, **values: Any) -> Path:
    """Write ``<name>.html`` from its template and return its path.

    Raises
    ------
    jinja2.UndefinedError
        If the template asks for a value that is not given.
    """
    path = folder / f"{name}.html"
    path.write_text(_templates().get_template(f"{name}.html.j2").render(**values), "utf-8")
    return path
