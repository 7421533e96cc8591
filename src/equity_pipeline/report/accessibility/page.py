"""The accessibility statement in each language, from what was tested and what the region says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.rendering import common_at_root, write_page
from equity_pipeline.report.speech import LANGUAGES, Speech, speech
from equity_pipeline.settings import AccessibilitySettings

NAME = "tillganglighet"
LACKING = ("people", "figures", "wide", "workbook")


@dataclass(frozen=True, slots=True)
class HeldTo:
    """What the browser tests hold the pages to.

    Attributes
    ----------
    axe, standard, paper
        The version of axe-core, the standard its rules are of, and the paper printed on.
    widths
        Of the screens, in pixels.
    pages
        The files that are a type of page, as patterns, by the type.
    tried
        The test that tries a thing, by the thing.
    """

    axe: str
    standard: str
    paper: str
    widths: tuple[int, ...]
    pages: dict[str, tuple[str, ...]]
    tried: dict[str, str]


@cache
def held_to() -> HeldTo:
    """Return what the pages are tested for, read once.

    Examples
    --------
    >>> held_to().standard
    'WCAG 2.1 AA'
    """
    source = files("equity_pipeline.report.accessibility").joinpath("tested.toml")
    raw = tomllib.loads(source.read_text("utf-8"))
    pages = {name: tuple(patterns) for name, patterns in raw.pop("pages").items()}
    return HeldTo(**{**raw, "pages": pages, "widths": tuple(raw["widths"])})


def write_accessibility(
    said: AccessibilitySettings, facts: PageFacts, folder: Path, *, as_of: str, code: str
) -> list[Path]:
    """Write ``tillganglighet.html`` in each language and return the paths.

    Parameters
    ----------
    said
        What only the region can say: whom to tell, its own judgement, and when it was made.
    facts, folder
        What every page says of itself, and where it is written.
    as_of, code
        The day of the data and the version of the code, which the statement is dated by.
    """
    written = []
    for spoken in map(speech, LANGUAGES):
        values, to = common_at_root(facts, spoken, NAME, folder)
        values |= {
            "said": said,
            "lacking": [*_words("access_lacking", LACKING, spoken), *said.problems],
            "pages": _words("access_pages", held_to().pages, spoken),
            "tried": _words("access_tried", held_to().tried, spoken),
            "about": {"standard": held_to().standard, "axe": held_to().axe},
            "dated": [_assessed(said, spoken), spoken.say("access.updated", day=as_of, code=code)],
        }
        written.append(write_page(NAME, to, **values))
    return written


def _words(section: str, keys: Iterable[str], spoken: Speech) -> list[str]:
    held = held_to()
    widths = ", ".join(map(str, held.widths))
    values = {"standard": held.standard, "axe": held.axe, "paper": held.paper, "widths": widths}
    return [spoken.say(f"{section}.{key}", **values) for key in keys]


def _assessed(said: AccessibilitySettings, spoken: Speech) -> str:
    if said.assessed is None:
        return spoken.say("access.not_assessed")
    return spoken.say("access.assessed", day=f"{said.assessed:%Y-%m-%d}")
