"""Why a figure of a workbook was not taken, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import pyarrow as pa

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.missing import Missing
from equity_pipeline.sources.workbooks.accounts import Account, tell
from equity_pipeline.vocabulary import Label

# Nothing is lost with these: sums, notes under the table, and the same figure once more.
HARMLESS = frozenset({"total_row", "note", "duplicate", "outside_region"})
REASONS: Mapping[str, Label] = MappingProxyType(
    {
        "total_row": Label("summarader", "rows of sums"),
        "note": Label("anmärkningar", "notes"),
        "duplicate": Label("samma uppgift en gång till", "the same figure once more"),
        "outside_region": Label("andra regioner", "other regions"),
        "contradictory": Label("motsägande uppgifter", "contradictory figures"),
        "no_place": Label("plats saknas", "no place"),
        "place_unknown": Label("okänd plats", "unknown place"),
        "sex_unknown": Label("okänt kön", "unknown sex"),
        "part_undeclared": Label("delgrupp som inte är vald", "a part that is not chosen"),
        "measure_unclear": Label("oklart mått", "unclear measure"),
        "period_unreadable": Label("tid som inte kan tolkas", "a time that cannot be read"),
        "before_first_edition": Label("före första mätmetoden", "before the first edition"),
        "scale_contradicted": Label("annan skala än den angivna", "another scale than declared"),
        "outside_scale": Label("utanför skalan", "outside the scale"),
        "not_a_number": Label("inget tal", "no number"),
        "not_a_count": Label("inget antal", "no count"),
        "formula_without_value": Label("formel utan värde", "a formula without its value"),
        "value_in_merged_cells": Label("värde i sammanfogade celler", "a value in merged cells"),
        "empty_and_no_mark": Label("tom cell", "an empty cell"),
        "register_unknown": Label("okänt register", "unknown register"),
        "level_unknown": Label("okänd grupp", "unknown group"),
        "two_dimensions": Label("två indelningar på en gång", "two dimensions at once"),
        "coverage_contradicted": Label(
            "täckningsgrad som motsäger antalen", "a coverage that contradicts the counts"
        ),
        "more_than_expected": Label(
            "fler registrerade än förväntade", "more registered than expected"
        ),
        "nothing_told": Label("varken antal eller andel", "neither counts nor a share"),
        "code_malformed": Label("kod som inte är en områdeskod", "a code that is no area code"),
        "change_unknown": Label("okänt slag av förändring", "unknown kind of change"),
        "date_unknown": Label("annat datum än årgångarnas", "another date than the vintages'"),
    }
)


def with_rows(
    source: str, tables: Mapping[str, pa.Table], accounts: Iterable[Account]
) -> dict[str, pa.Table]:
    """Return the tables that have rows; what a source does not tell is no empty delivery.

    Raises
    ------
    SourceError
        Not one figure was taken: the workbooks are not written as the settings say.
    """
    held = {name: table for name, table in tables.items() if table.num_rows}
    if not held:
        told = ", ".join(f"{REASONS[one].en}: {n}" for one, n in tell(accounts).items())
        raise SourceError(
            f"{source}: not one figure could be taken ({told or 'the tables have no rows'}).",
            where=f"sources.{source}",
            mend="compare the workbooks with the words, the scale and the places in the settings",
        )
    return held


def refusals_told(source: str, title: str, accounts: Iterable[Account]) -> Iterator[Missing]:
    """Yield what readers must know of figures that were not taken, if any.

    Examples
    --------
    >>> from equity_pipeline.sources.workbooks.accounts import Refused
    >>> held = [Account("a.xlsx", 3, 2, (Refused("not_a_number", "Blad1", 9),))]
    >>> next(refusals_told("npe", "Patientenkäten", held)).sv
    'Patientenkäten: 1 av 3 uppgifter kunde inte läsas (inget tal: 1).'
    """
    held = list(accounts)
    lost = {reason: n for reason, n in tell(held).items() if reason not in HARMLESS}
    total = sum(one.figures_in for one in held)
    if lost:
        sv = ", ".join(f"{REASONS[reason].sv}: {n}" for reason, n in lost.items())
        en = ", ".join(f"{REASONS[reason].en}: {n}" for reason, n in lost.items())
        n = sum(lost.values())
        yield Missing(
            source,
            "figures",
            f"{title}: {n} av {total} uppgifter kunde inte läsas ({sv}).",
            f"{title}: {n} of {total} figures could not be read ({en}).",
        )


def columns_told(source: str, title: str, accounts: Iterable[Account]) -> Iterator[Missing]:
    """Yield the headings that no declared word knows, and the sheets that were not read."""
    held = list(accounts)
    for what, sv, en, names in (
        ("columns", "okända kolumner", "unknown columns", [n for a in held for n in a.unknown]),
        (
            "sheets",
            "blad utan tabell",
            "sheets without a table",
            [n for a in held for n in a.unread],
        ),
        ("hidden", "dolda blad", "hidden sheets", [n for a in held for n in a.hidden]),
    ):
        if names:
            said = ", ".join(dict.fromkeys(names))
            yield Missing(source, what, f"{title}: {sv}: {said}.", f"{title}: {en}: {said}.")
