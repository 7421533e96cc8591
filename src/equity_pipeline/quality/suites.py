"""The hand-written suites: read, resolved against the vocabulary, and refused when unknown.

Great Expectations drops a misspelt expectation with a line in the log, and a suite without
expectations succeeds; so what it takes is counted against what was written. In a suite
``@codes:sex`` stands for a code list of the vocabulary, ``@as_of``, ``@as_of+730`` (days),
``@as_of_year`` and ``@date:1990-01-01`` for dates; in frames a date is its days since 1970.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from equity_pipeline.bundled import bundled
from equity_pipeline.errors import DeclarationError
from equity_pipeline.quality.results import SEVERITIES, Severity
from equity_pipeline.quality.spared import spare_passes, spared_import
from equity_pipeline.vocabulary import vocabulary

LATEST = date(2200, 1, 1)  # no upper limit but the calendar's, when no date of the run is given
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Made:
    """A column that a suite may speak of and that is made from delivered ones."""

    sql: str
    sources: tuple[str, ...]


_WAIT = ("first_contact_date", "assessment_date")
DERIVED = MappingProxyType(
    {"contact": {"wait_days": Made(f"date_diff('day', {_WAIT[0]}, {_WAIT[1]})", _WAIT)}}
)
# A verdict on rows holds for a file when it holds for each chunk; any other needs the whole.
BY_ROW = frozenset(
    {
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_be_between",
        "expect_column_values_to_match_regex",
        "expect_column_pair_values_a_to_be_greater_than_b",
    }
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation with its placeholders resolved."""

    type: str
    kwargs: Mapping[str, Any]
    severity: Severity
    why: str
    columns: tuple[str, ...]

    @property
    def by_chunk(self) -> bool:
        """Whether the verdicts of the chunks together are the verdict of the whole."""
        return self.type in BY_ROW and self.kwargs.get("mostly", 1) == 1


@dataclass(frozen=True, slots=True)
class Suite:
    """The expectations of one delivered entity."""

    entity: str
    expectations: tuple[Expectation, ...]


def raw_columns(entity: str) -> tuple[str, ...]:
    """Return the columns of ``raw.<entity>`` that a suite may speak of, derived ones last.

    Examples
    --------
    >>> raw_columns("procedure")
    ('contact_id', 'kva_code', 'person_key', 'procedure_date')
    """
    delivered = vocabulary().entities[entity].columns
    inside = tuple("person_key" if name == "person_id" else name for name in delivered)
    return inside + tuple(DERIVED.get(entity, {}))


def load_suite(entity: str, *, as_of: date = LATEST, folder: Path | None = None) -> Suite:
    """Return the suite of an entity, held against the vocabulary and Great Expectations.

    Raises
    ------
    DeclarationError
        If the suite is absent or no JSON, or has an expectation type, column, code list,
        keyword or severity that is unknown.

    Examples
    --------
    >>> len(load_suite("vaccination").expectations)
    6
    """
    where = f"expectations/{entity}.json"
    if entity not in vocabulary().entities:
        raise DeclarationError(f"No delivered entity is called {entity!r}.", where=where)
    raw = _read(entity, folder)
    made = tuple(_expectation(entity, one, as_of, where) for one in raw)
    if not made:
        raise DeclarationError("A suite without expectations lets everything pass.", where=where)
    suite = Suite(entity, made)
    as_great_expectations(suite)
    return suite


def as_great_expectations(suite: Suite, chosen: tuple[Expectation, ...] | None = None) -> Any:
    """Return Great Expectations' own suite; ``meta["at"]`` is the place among those chosen.

    Raises
    ------
    DeclarationError
        If Great Expectations does not take every expectation.
    """
    expectations = suite.expectations if chosen is None else chosen
    where = f"expectations/{suite.entity}.json"
    known = _known_types()
    unknown = sorted({one.type for one in expectations} - known)
    if unknown:
        raise DeclarationError(
            f"Great Expectations has no expectation called {', '.join(unknown)}.",
            where=where,
            mend="correct the spelling; a misspelt expectation would check nothing",
        )
    written = [
        {"type": one.type, "kwargs": dict(one.kwargs), "severity": one.severity, "meta": {"at": at}}
        for at, one in enumerate(expectations)
    ]
    try:
        made = great_expectations().ExpectationSuite(name=suite.entity, expectations=written)
    except Exception as error:  # pydantic v1 and v2 and GX each raise their own
        raise DeclarationError(
            f"The suite has a keyword or value that cannot be: {error}", where=where
        ) from None
    if len(made.expectations) != len(written):
        raise DeclarationError(
            f"Great Expectations took {len(made.expectations)} of {len(written)} expectations.",
            where=where,
            mend="remove what it does not know, and what is written twice",
        )
    return made


@cache
def great_expectations() -> Any:
    """Return the library, imported when first needed, without telemetry."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"
    with spared_import():
        import great_expectations as gx

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    spare_passes()
    return gx


def _known_types() -> set[str]:
    great_expectations()
    from great_expectations.expectations import registry

    return set(registry.list_registered_expectation_implementations())


def _read(entity: str, folder: Path | None) -> list[dict[str, Any]]:
    path = (folder or bundled("expectations")) / f"{entity}.json"
    try:
        held: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["expectations"]
    except FileNotFoundError:
        raise DeclarationError(
            f"The entity {entity!r} has no suite.",
            where=f"expectations/{entity}.json",
            mend="write one; every delivered entity is checked",
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise DeclarationError(
            f"The suite is not as Great Expectations reads it: {error!r}",
            where=f"expectations/{entity}.json",
        ) from None
    return held


def _expectation(entity: str, raw: dict[str, Any], as_of: date, where: str) -> Expectation:
    severity = raw.get("severity")
    if severity not in SEVERITIES:
        raise DeclarationError(
            f"The severity {severity!r} is not one of {', '.join(SEVERITIES)}.", where=where
        )
    kwargs = {name: _resolve(value, as_of, where) for name, value in raw["kwargs"].items()}
    columns = _columns(kwargs)
    unknown = [name for name in columns if name not in raw_columns(entity)]
    if unknown or not columns:
        raise DeclarationError(
            f"{raw['type']} speaks of {', '.join(unknown) or 'no column'}, which {entity} lacks.",
            where=where,
            mend=f"the columns are {', '.join(raw_columns(entity))}",
        )
    why = str(raw.get("meta", {}).get("why", ""))
    return Expectation(raw["type"], MappingProxyType(kwargs), severity, why, columns)


def _columns(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    named = [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]
    named += kwargs.get("column_list", [])
    condition = re.sub(r"\"[^\"]*\"", "", str(kwargs.get("row_condition", "")))
    named += [word for word in re.findall(r"[a-z_]\w*", condition) if word not in ("and", "or")]
    return tuple(dict.fromkeys(named))


def _resolve(value: Any, as_of: date, where: str) -> Any:
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    if (later := re.fullmatch(r"@as_of\+(\d+)", value)) is not None:
        return (as_of - EPOCH).days + int(later[1])
    if value == "@as_of":
        return (as_of - EPOCH).days
    if value == "@as_of_year":
        return as_of.year
    kind, _, rest = value.partition(":")
    if kind == "@codes" and rest in vocabulary().codes:
        return list(vocabulary().codes[rest])
    if kind == "@date":
        return (date.fromisoformat(rest) - EPOCH).days
    raise DeclarationError(
        f"The placeholder {value!r} stands for nothing.",
        where=where,
        mend="use @codes:<code list>, @date:<yyyy-mm-dd>, @as_of or @as_of_year",
    )
