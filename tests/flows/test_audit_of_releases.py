"""An attacker who has whole releases of ten regions finds nothing in them, and most is told.

The regions are small, so that all ten take a few minutes: what is counted differs, and in three
the units are so unequal that some have a handful of people. A release is made by the stages of a
night, in this process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from equity_pipeline.audit.audit import Verdict, audit
from equity_pipeline.audit.release import read_release
from equity_pipeline.cli import app
from equity_pipeline.disclosure import disclose as door
from equity_pipeline.disclosure import hide as hiding
from equity_pipeline.disclosure.attacker import clock
from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.disclose import Disclosure
from equity_pipeline.disclosure.hide import Hidden, hide
from equity_pipeline.disclosure.interval import check
from equity_pipeline.disclosure.linked import WITH, WITHOUT, Linked, linked
from equity_pipeline.disclosure.rules import SECONDARY, SHOWN, Flags
from equity_pipeline.disclosure.suppress import Protected, protected
from equity_pipeline.extracts.parquet import write_parquet
from equity_pipeline.pipeline import stages
from equity_pipeline.warehouse.database import open_person
from tests.flows.planted import AS_OF
from tests.flows.regions_for_audit import (
    REGIONS,
    Made,
    Shape,
    Visible,
    built,
    loaded,
    made,
    visible,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

STAYS = 0.95  # of the cells of units by fifth of area income with a large denominator
STAYS_IN_SMALL = 0.90  # where units have some 200 people, one hidden often asks for another
MUTATIONS = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a region: its release, the attack on it, and what stays visible."""

    folder: Path
    disclosed: Disclosure
    verdict: Verdict
    visible: Visible
    empty: frozenset[str]


def released(region: Made, run: str = "audited") -> tuple[Path, Disclosure]:
    """Pass a region through the door and return its candidate."""
    disclosed = stages.disclose(region.settings, region.tabulated)
    return stages.publish(region.settings, AS_OF, run, disclosed, region.tabulated), disclosed


def seen(shape: Shape, out: Path) -> Seen:
    region = made(shape, out)
    folder, disclosed = released(region)
    tables = region.tabulated.tables.items()
    return Seen(
        folder,
        disclosed,
        audit(read_release(folder)),
        visible(region.tabulated, disclosed),
        frozenset(form for form, table in tables if not table.data.num_rows),
    )


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    out = tmp_path_factory.mktemp("regions")
    return {name: seen(shape, out / str(shape.seed)) for name, shape in REGIONS.items()}


@pytest.mark.parametrize("name", REGIONS)
def test_nothing_is_found_in_the_release_of_a_region(releases: dict[str, Seen], name: str) -> None:
    verdict = releases[name].verdict
    print(f"{name}: {verdict.n_cells} cells, {verdict.n_hidden} hidden")
    assert [one.told() for one in verdict.findings] == []
    assert dict(verdict.unjudged) == {}
    assert verdict.n_hidden > 0


def test_no_table_of_any_region_is_withheld(releases: dict[str, Seen]) -> None:
    withheld = {name: one.disclosed.withheld for name, one in releases.items()}
    assert withheld == dict.fromkeys(REGIONS, ())


def test_every_form_has_rows_in_one_region_or_another(releases: dict[str, Seen]) -> None:
    """But need without contact: that looks back 18 months, and these regions have one year."""
    of_all_forms = [one.empty for name, one in releases.items() if not REGIONS[name].forms]
    assert frozenset.intersection(*of_all_forms) == {"reach"}


def test_of_large_cells_of_units_nearly_all_stay_visible_where_units_are_of_usual_size(
    releases: dict[str, Seen],
) -> None:
    """By fifth of area income; the units have some 700 people each, in a real region ten times."""
    found = releases["larger"].visible
    print(f"larger: {found}, {found.shown / found.large:.3f} stay visible")
    assert found.large >= 300
    assert found.shown >= STAYS * found.large


def test_of_those_that_need_not_be_hidden_nine_in_ten_stay_visible_in_all_regions(
    releases: dict[str, Seen],
) -> None:
    """Units of 200 have many small fifths: where all others are large, one of these must go."""
    for name, one in releases.items():
        print(f"{name}: {one.visible}")
    whole = reduce(add, (one.visible for one in releases.values()))
    may_stay = whole.large - whole.small - whole.lone
    print(f"all: {whole}, {whole.shown / whole.large:.3f}; of {may_stay} that may stay")
    assert whole.large >= 500
    assert whole.shown >= STAYS_IN_SMALL * may_stay


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A region of which little is counted: one attack on it takes under a second.

    None of its tables tells who owns a unit, so its door is not told either: what that would have
    it hide no reader of these tables could miss.
    """
    shape = Shape(5_000, 41, ("BR02", "TG07"), ("run_chart",))
    region = made(shape, tmp_path_factory.mktemp("small"))
    return replace(region, tabulated=replace(region.tabulated, of_kinds={}))


@dataclass(frozen=True, slots=True)
class Undone:
    """One complementary suppression undone: the cell, and what the attacks then find."""

    cell: Cell
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """What the door hides in the small region and why, and which cells keep something covered."""

    hidden: Hidden
    needed: NDArray[np.int_]
    in_vain: int


@pytest.fixture(scope="module")
def judged(small: Made) -> Judged:
    held: list[Hidden] = []
    systems: list[tuple[Linked, Flags]] = []

    def spy(*given: Any, **more: Any) -> Hidden:
        held.append(was(*given, **more))
        return held[-1]

    def linking(primary: Flags, *given: Any, **more: Any) -> Protected:
        made = protected(primary, *given, **more)
        systems.append((linked(primary, *given, moved=more["moved"]), made.hidden))
        return made

    with pytest.MonkeyPatch.context() as patch:
        was = hide
        patch.setattr(door, "hide", spy)
        patch.setattr(hiding, "protected", linking)
        stages.disclose(small.settings, small.tabulated)
    system, hidden = systems[-1]
    beside = np.flatnonzero(held[-1].reason == SECONDARY)
    needed = [one for one in beside if _covers(system, hidden, int(one))]
    return Judged(held[-1], np.array(needed, int), len(beside) - len(needed))


def _covers(system: Linked, hidden: Flags, cell: int) -> bool:
    """Tell whether some count lacks its room against readers when this cell is shown.

    Who knows denominators from elsewhere is not one who has the released files alone.
    """
    shown = hidden.copy()
    shown[cell] = False
    return bool(check(system, shown, clock(60)).lacking[[WITH, WITHOUT]].any())


def as_shown(region: Made, judged: Judged, cell: int) -> Disclosure:
    """Return what the door would have told if it had not hidden one cell."""
    reason = judged.hidden.reason.copy()
    reason[cell] = SHOWN
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "hide", lambda *_, **__: replace(judged.hidden, reason=reason))
        return stages.disclose(region.settings, region.tabulated)


def written(disclosed: Disclosure, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for table in disclosed.tables.values():
        write_parquet(table, folder)
    return folder


@pytest.fixture(scope="module")
def undone(small: Made, judged: Judged, tmp_path_factory: pytest.TempPathFactory) -> list[Undone]:
    """Attack releases of which each tells one cell that was hidden only to protect others.

    What no table tells of when it is not hidden is not undone: that release is the same.
    """
    whole = written(stages.disclose(small.settings, small.tabulated), small.folder / "whole")
    assert audit(read_release(whole)).exit_code == 0
    chosen = np.random.default_rng(1).permutation(judged.needed)
    out = tmp_path_factory.mktemp("undone")

    def attacks() -> Iterator[Undone]:
        for number in chosen.tolist():
            told = as_shown(small, judged, number)
            folder = written(told, out / str(number))
            if contents(folder) != contents(whole):
                yield Undone(told.passing.judged.cells[number], audit(read_release(folder)))

    return list(islice(attacks(), MUTATIONS))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_nearly_every_suppression_that_is_undone_is_found(
    undone: list[Undone], judged: Judged
) -> None:
    """But for levels of a financing by sex: no sum of theirs is told whole, to prove it is one."""
    missed = [one.cell for one in undone if one.verdict.exit_code != 1]
    print(f"{len(undone) - len(missed)} of {len(undone)} undone suppressions are found")
    print(f"{judged.in_vain} of {judged.in_vain + len(judged.needed)} cover nothing")
    assert len(undone) >= 50
    assert {one.dimension for one in missed} <= {"financing_type"}
    assert len(missed) <= len(undone) // 50


def test_the_command_names_the_attack_that_finds_an_undone_suppression(
    small: Made, judged: Judged, tmp_path: Path, undone: list[Undone]
) -> None:
    cells = {cell: number for number, cell in enumerate(_cells(small))}
    one = next(one for one in undone if one.verdict.exit_code == 1)
    folder = written(as_shown(small, judged, cells[one.cell]), tmp_path / "told")
    ended = CliRunner().invoke(app, ["audit", str(folder), "--json"])
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["verdict"]) == (1, "leak")
    assert {found["attack"] for found in told["findings"]} & {"margins", "small"}


def _cells(region: Made) -> list[Cell]:
    return list(stages.disclose(region.settings, region.tabulated).passing.judged.cells)


@dataclass(frozen=True, slots=True)
class Nights:
    """The first release of a region, and the region with one person more, before the door."""

    first: Path
    pattern: Disclosure
    second: Made


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Two nights on one region; on the first somebody who has had care was not delivered."""
    shape = Shape(5_000, 42, ("TG07", "VT01"), ("run_chart",))
    settings = loaded(shape, tmp_path_factory.mktemp("nights"))
    second = built(settings)
    with open_person(settings) as connection:
        [(somebody,)] = connection.execute(SOMEBODY).fetchall()
        for (table,) in connection.execute(OF_PERSONS).fetchall():
            connection.execute(f'delete from raw."{table}" where person_key = $1', [somebody])
    folder, disclosed = released(built(settings), "first")
    return Nights(folder, disclosed, second)


SOMEBODY = """
select person_key
from raw.contact
where contact_date >= date '2024-01-01'
group by person_key
order by count(*) desc, person_key
limit 1
"""
OF_PERSONS = """
select table_name
from duckdb_columns()
where schema_name = 'raw' and column_name = 'person_key'
order by table_name
"""


def differences(nights: Nights, *, remembers: bool) -> Verdict:
    """Attack the second release with the first in hand."""
    before = nights.second.tabulated.earlier if not remembers else nights.pattern.pattern
    region = replace(nights.second, tabulated=replace(nights.second.tabulated, earlier=before))
    folder, _ = released(region, "second")
    return audit(read_release(folder, nights.first))


def test_one_new_person_is_not_found_between_two_nights(nights: Nights) -> None:
    verdict = differences(nights, remembers=True)
    assert [one.told() for one in verdict.findings] == []
    assert verdict.exit_code == 0


def test_without_what_is_remembered_the_person_would_be_found(nights: Nights) -> None:
    verdict = differences(nights, remembers=False)
    assert "differencing" in {one.attack for one in verdict.findings}


def test_the_two_nights_differ_by_one_person(nights: Nights) -> None:
    now = nights.second.tabulated.tables["stratified"].data.to_pandas()
    was = pq.read_table(nights.first / "stratified.parquet").to_pandas()
    total = {"indicator_id": "TG07", "dimension": "total", "strat2_level": "all"}
    total |= {"geography_level": "region"}
    for column, value in total.items():
        now, was = now[now[column] == value], was[was[column] == value]
    assert int(now["n_persons"].iloc[0]) - int(was["n_persons"].iloc[0]) == 1
