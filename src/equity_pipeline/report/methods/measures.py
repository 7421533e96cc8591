"""The measures of the page of methods, with the literature that their functions name."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files

from equity_pipeline.report.speech import Speech
from equity_pipeline.vocabulary import vocabulary

REMARK = re.compile(r"\s+\((?!\d{4})[^)]*\)")  # what a reference is for; years stand in brackets


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its name, how it is reckoned, the tables that have it, and its literature."""

    name: str
    how: str
    forms: str
    sources: str


def measures(spoken: Speech) -> list[Measure]:
    """Return the measures in a language, in the order of the tables that have them.

    Examples
    --------
    >>> from equity_pipeline.report.speech import speech
    >>> [one.forms for one in measures(speech("en")) if one.name == "Difference"]
    ['T2']
    """
    found = []
    for key, held in declared_measures().items():
        name, how = spoken.words["measures"][key]
        codes = dict.fromkeys(vocabulary().forms[form].code for form in held["forms"])
        found.append(Measure(name, how, ", ".join(codes), literature(held["functions"])))
    return found


@cache
def declared_measures() -> dict[str, dict[str, list[str]]]:
    """Return what stands behind each measure: ``forms`` and ``functions`` by its key."""
    source = files("equity_pipeline.report.methods").joinpath("measures.toml")
    return tomllib.loads(source.read_text("utf-8"))


def literature(functions: Iterable[str]) -> str:
    """Return the references of functions of the statistics, each once.

    Examples
    --------
    >>> literature(["proportions.wilson_limits"])
    'Wilson EB (1927), doi:10.1080/01621459.1927.10502953.'
    """
    found = dict.fromkeys(one for name in functions for one in _references(name))
    return " ".join(found)


def _references(name: str) -> list[str]:
    module, _, function = name.rpartition(".")
    held = getattr(import_module(f"equity_pipeline.statistics.{module}"), function)
    text = inspect.getdoc(held) or ""
    part = re.search(r"^References\n-+\n(.+?)(?:\n\n\w+\n-+\n|\Z)", text, re.M | re.S)
    if part is None:
        return []
    lines = " ".join(part[1].split())
    each = re.split(
        r"(?<=[.)])\s+(?=(?:[A-Z][\w-]+ )?[A-Z][\w-]+ [A-Z]{1,3}[, ]|World Health)", lines
    )
    return [REMARK.sub("", one).strip().rstrip(".") + "." for one in each]
