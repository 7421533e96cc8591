"""Pages from templates: escaped, strict about what is missing, from the package alone."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.speech import Speech

ENGLISH = "en"


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("equity_pipeline.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    css = files("equity_pipeline.report").joinpath("templates", "style.css").read_text("utf-8")
    digest = b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    made.globals |= {"css": css, "css_hash": f"sha256-{digest}"}
    return made


def write_page(template: str, folder: Path, *, name: str = "", **values: Any) -> Path:
    """Write a page from its template and return its path.

    The style is the same for all and stands in the page; nothing else may style it, and nothing
    may be loaded or run: the page's own policy says so.

    Parameters
    ----------
    template
        Its name; also the page's, unless ``name`` says otherwise.
    folder
        Where the page is written.
    name
        Of the page.

    Raises
    ------
    jinja2.UndefinedError
        If the template asks for a value that is not given.
    """
    path = folder / f"{name or template}.html"
    path.write_text(_templates().get_template(f"{template}.html.j2").render(**values), "utf-8")
    return path


def common(facts: PageFacts, spoken: Speech, here: str) -> dict[str, Any]:
    """Return what every page in a language is given; ``here`` is its place in the release."""
    is_english = spoken.code == ENGLISH
    up = "../../" if is_english else "../"
    return {
        "t": spoken.say,
        "lang": spoken.code,
        "region": facts.region,
        "run_id": facts.run_id,
        "synthetic": facts.synthetic,
        "up": up,
        "other": f"{up}{'' if is_english else 'en/'}{here}",
    }


def place_of(folder: Path, spoken: Speech, name: str) -> Path:
    """Return the folder of a language's pages of one type, made if it is not there."""
    to = (folder / ENGLISH if spoken.code == ENGLISH else folder) / name
    to.mkdir(parents=True, exist_ok=True)
    return to


def common_at_root(
    facts: PageFacts, spoken: Speech, name: str, folder: Path
) -> tuple[dict[str, Any], Path]:
    """Return what a page beside the start page is given, and the folder it lies in."""
    is_english = spoken.code == ENGLISH
    to = folder / ENGLISH if is_english else folder
    to.mkdir(parents=True, exist_ok=True)
    other = f"../{name}.html" if is_english else f"{ENGLISH}/{name}.html"
    up = "../" if is_english else ""
    return common(facts, spoken, f"{name}.html") | {"up": up, "other": other}, to
