"""Both generations of PxWeb at agencies that the code has not seen: held to direct computation."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.settings import HttpSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import PoliteClient
from equity_pipeline.sources.asking.snapshot import SnapshotStore
from equity_pipeline.sources.pxweb.jsonstat import Cube
from equity_pipeline.sources.pxweb.pxweb_v1 import Format, Grouped, PxWebV1
from equity_pipeline.sources.pxweb.scb import Scb
from tests.agencies import Agency, Axis, Table
from tests.replay import Fault, broken, slow, too_many, web_page

NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)
SEEDS = range(8)


def answers(folder: Path, *, attempts: int = 2, timeout: float = 5.0) -> Answers:
    http = HttpSettings(attempts=attempts, timeout_seconds=timeout)
    client = PoliteClient(http, sleep=lambda _: None)
    return Answers(client, SnapshotStore(folder), "scb", 400, NIGHT)


def v2(agency: Agency, folder: Path, **http: Any) -> Scb:
    return Scb(answers(folder, **http), agency.v2)


def v1(agency: Agency, folder: Path, kind: Format = "json-stat2") -> PxWebV1:
    return PxWebV1(answers(folder), agency.v1, kind)


def invented(seed: int) -> Table:
    """A table whose shape, codes and values nobody has seen before."""
    rng = random.Random(seed)
    letters = "abcåäö XYZ_-+()"
    axes = []
    for place in range(rng.randint(2, 5)):
        count = rng.randint(1, 7)
        codes = {"".join(rng.choices(letters, k=4)).strip() + str(i): "" for i in range(count)}
        axes.append(Axis(f"Variabel {place} åäö", {code: f"namn {code}" for code in codes}))
    axes[-1].role = "time"

    def value(key: Mapping[str, str]) -> float | str | None:
        drawn = crc32(f"{seed}{sorted(key.items())}".encode()) % 10**6 - 50
        return drawn / 4 if drawn % 11 else [None, "..", "."][drawn % 3]

    return Table(f"T{seed}", f"Tabell {seed}", rng.sample(axes, len(axes)), value)


def large() -> Table:
    """An invented table of 210 cells."""
    table = invented(0)
    codes = {"Kommun å": 7, "Ålder (år)": 6, "Tid": 5}
    table.axes = [Axis(name, {f"{name}{i}": "" for i in range(n)}) for name, n in codes.items()]
    return table


def everything(table: Table) -> dict[str, list[str]]:
    return {axis.code: list(axis.labels) for axis in table.axes}


def held(cube: Cube, names: Sequence[str]) -> dict[tuple[str, ...], tuple[float | None, Any]]:
    rows = cube.table.to_pylist()
    found = {tuple(row[name] for name in names): (row["value"], row["status"]) for row in rows}
    assert len(found) == len(rows), "a cell came twice"
    return found


def computed(table: Table, chosen: Mapping[str, Sequence[str]]) -> dict[Any, tuple[Any, Any]]:
    return {
        tuple(key.values()): (
            value if isinstance(value, float) else None,
            value if isinstance(value, str) else None,
        )
        for key, value in table.cells(chosen)
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_any_table_of_any_agency_comes_out_cell_for_cell(seed: int, tmp_path: Path) -> None:
    table = invented(seed)
    cells = math.prod(len(axis.labels) for axis in table.axes)
    with Agency([table], seed=seed, max_cells=max(1, cells // 7)) as agency:
        cube = v2(agency, tmp_path).data(table.id, everything(table))
        assert held(cube, list(everything(table))) == computed(table, everything(table))
        assert cells < 7 or len(agency.posts()) >= 7


@pytest.mark.parametrize("kind", ["json-stat2", "json-stat", "json"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_generation_gives_the_same_cells_in_all_formats(
    seed: int, kind: Format, tmp_path: Path
) -> None:
    table = invented(seed)
    expected = computed(table, everything(table))
    if kind == "json":  # where a cell without a value has no sign, this format writes ".."
        expected = {
            key: (value, "..") if (value, sign) == (None, None) else (value, sign)
            for key, (value, sign) in expected.items()
        }
    with Agency([table], seed=seed, max_cells=100) as agency:
        cube = v1(agency, tmp_path, kind).data(table.id, {axis.code: ["*"] for axis in table.axes})
    assert held(cube, list(everything(table))) == expected


Asker = Callable[[Agency, Path], "Scb | PxWebV1"]


@pytest.mark.parametrize("ask", [v2, v1])
def test_a_source_that_allows_less_than_it_tells_is_asked_for_halves(
    ask: Asker, tmp_path: Path
) -> None:
    table = large()
    with Agency([table], seed=5, max_cells=9, told_cells=10**6) as agency:
        cube = ask(agency, tmp_path).data(table.id, everything(table))
        assert held(cube, list(everything(table))) == computed(table, everything(table))
        sizes = [agency.size_of(body) for body in agency.posts()]
    # the limit is learnt: 210, 105, 52, 26 and 13 are refused once, and no other
    assert [size for size in sizes if size > 9] == sorted(
        (size for size in sizes if size > 9), reverse=True
    )
    assert sum(size > 9 for size in sizes) <= 5


@pytest.mark.parametrize("ask", [v2, v1])
def test_the_tables_of_a_night_come_out_again_with_the_agency_gone(
    ask: Asker, tmp_path: Path
) -> None:
    table = large()
    with Agency([table], seed=1, max_cells=11, told_cells=500) as agency:
        first = ask(agency, tmp_path).data(table.id, everything(table))
        address = agency.v2 if ask is v2 else agency.v1
    again = answers(tmp_path, attempts=1)
    later = Scb(again, address) if ask is v2 else PxWebV1(again, address)
    assert later.data(table.id, everything(table)).table.equals(first.table)
    assert all(one.stale_since for one in again.used)
    assert {one.licence for one in again.used} == {"CC0 1.0"}


def test_a_single_cell_that_is_refused_is_an_error_and_not_a_loop(tmp_path: Path) -> None:
    table = invented(3)
    with Agency([table], max_cells=0, told_cells=10**6) as agency:
        with pytest.raises(SourceError, match="Too many cells selected"):
            v2(agency, tmp_path).data(table.id, everything(table))
        assert len(agency.posts()) < 20


def test_a_firewalls_web_page_with_403_is_not_taken_for_a_size(tmp_path: Path) -> None:
    table = invented(3)
    page = Fault(403, {"Content-Type": "text/html"}, b"<html>Access denied</html>", times=99)
    with Agency([table], told_cells=10**6) as agency:
        source = v1(agency, tmp_path)
        source.metadata(table.id)
        agency.fail(page)
        with pytest.raises(SourceError, match="HTTP 403, a web page"):
            source.data(table.id, everything(table))
        assert len(agency.posts()) == 1


@pytest.mark.parametrize("ask", [v2, v1])
@pytest.mark.parametrize("fault", [too_many("3"), broken(503), slow(0.6)])
def test_a_passing_fault_changes_nothing(ask: Asker, fault: Fault, tmp_path: Path) -> None:
    table = invented(2)
    again = Fault(**{**vars(fault), "times": 1})
    with Agency([table], seed=2, max_cells=30) as agency:
        if ask is v2:
            source: Any = v2(agency, tmp_path, timeout=0.3)
        else:
            source = PxWebV1(answers(tmp_path, timeout=0.3), agency.v1)
        source.metadata(table.id)
        agency.fail(again)
        cube = source.data(table.id, everything(table))
    assert again.times == 0
    assert held(cube, list(everything(table))) == computed(table, everything(table))


@pytest.mark.parametrize("ask", [v2, v1])
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (web_page(times=9), "web page instead of data"),
        (Fault(200, {}, b'{"version": "2.0"', times=9), "not JSON"),
        (Fault(200, {}, b"[" * 100_000, times=9), "not JSON"),
        (Fault(200, {}, b'{"class": "dataset", "dimension": {}, "id": []', times=9), "not JSON"),
        (Fault(200, {}, b'{"error": "Parameter error"}', times=9), "no dimension"),
        (broken(503, times=99), "no answer in 2 attempts"),
    ],
)
def test_an_answer_that_is_none_is_a_clear_error(
    ask: Asker, fault: Fault, told: str, tmp_path: Path
) -> None:
    table = invented(2)
    with Agency([table], seed=2) as agency:
        source = ask(agency, tmp_path)
        source.metadata(table.id)
        agency.fail(Fault(**vars(fault)))
        with pytest.raises(SourceError, match=told) as stop:
            source.data(table.id, everything(table))
        assert stop.value.mend


@pytest.mark.parametrize("ask", [v2, v1])
def test_an_answer_with_other_cells_than_those_asked_for_is_refused(
    ask: Asker, tmp_path: Path
) -> None:
    table = invented(2)
    whole = everything(table)
    longest = max(whole, key=lambda name: len(whole[name]))
    with Agency([table], seed=2, max_cells=10**6) as agency:
        source = ask(agency, tmp_path)
        source.metadata(table.id)
        agency._answer, asked = _answer_with_less(agency, longest), agency._answer
        assert asked
        with pytest.raises(SourceError, match="other codes of"):
            source.data(table.id, whole)


def _answer_with_less(agency: Agency, name: str) -> Any:
    original = agency._answer

    def less(table: Table, asked: dict[str, list[str]], *rest: Any, **more: Any) -> Any:
        return original(table, asked | {name: asked[name][1:]}, *rest, **more)

    return less


@pytest.mark.parametrize(
    ("ask", "told"), [(v2, "no table TAB1"), (v1, "no table or folder 'TAB1'")]
)
def test_a_table_that_is_gone_is_named_with_a_way_out(
    ask: Asker, told: str, tmp_path: Path
) -> None:
    with Agency([invented(1)]) as agency, pytest.raises(SourceError, match=told) as stop:
        ask(agency, tmp_path).metadata("TAB1")
    assert "[sources]" in stop.value.mend


# --- listings ---


@pytest.mark.parametrize(("count", "size"), [(1, 7), (7, 7), (8, 7), (23, 4)])
def test_the_listing_is_read_to_its_end_on_our_own_address(
    count: int, size: int, tmp_path: Path
) -> None:
    with Agency([invented(i) for i in range(count)], page_size=size) as agency:
        found = v2(agency, tmp_path).tables()
        pages = [target for _, target, _, _ in agency.requests if "/tables" in target]
    assert [one["id"] for one in found] == [f"T{i}" for i in range(count)]
    assert len(pages) == math.ceil(count / size)


def test_a_listing_can_be_searched(tmp_path: Path) -> None:
    with Agency([invented(i) for i in range(12)]) as agency:
        assert [one["id"] for one in v2(agency, tmp_path).tables("tabell 1")] == [
            "T1",
            "T10",
            "T11",
        ]


def test_a_listing_that_lost_tables_while_it_was_read_is_told(tmp_path: Path) -> None:
    with Agency([invented(i) for i in range(9)], page_size=3) as agency:
        listing = agency._listing

        def shifting(query: dict[str, list[str]]) -> object:
            page: Any = listing(query)
            page["page"]["totalElements"] = 10
            return page

        agency._listing = shifting  # type: ignore[method-assign]
        with pytest.raises(SourceError, match="gave 9 of 10 tables"):
            v2(agency, tmp_path).tables()


def test_a_page_beyond_the_listing_is_refused_by_name(tmp_path: Path) -> None:
    with Agency([invented(1)]) as agency:
        source = v2(agency, tmp_path)
        with pytest.raises(SourceError, match="Non-existent page"):
            source.answers.get(f"{agency.v2}/tables?pageNumber=9")


def test_a_folder_of_the_first_generation_is_listed(tmp_path: Path) -> None:
    with Agency([invented(1), invented(2)]) as agency:
        found = v1(agency, tmp_path).folder("mapp")
    assert [(one.id, one.kind, one.text) for one in found] == [
        ("T1", "t", "Tabell 1"),
        ("T2", "t", "Tabell 2"),
    ]


# --- totals, groups, limits ---


def grouped_table() -> Table:
    ages = {str(age): f"{age} år" for age in range(20)}
    bands = {
        "¤0-9": ("0-9 år", [str(age) for age in range(10)]),
        "10-19": ("10-19 år", [str(age) for age in range(10, 20)]),
    }
    return Table(
        "T",
        "Grupper",
        [
            Axis("Alder", ages, lists={"agg_tio": bands}),
            Axis("Kon", {"1": "män", "2": "kvinnor"}, elimination=True),
            Axis("Tid", {"2023": "2023", "2024": "2024"}, role="time"),
        ],
        lambda key: float(int(key["Alder"]) * int(key["Kon"])) + int(key["Tid"]) % 10,
        notes=["En liten osäkerhet är införd."],
    )


def expected_bands() -> dict[tuple[str, str], float]:
    """Sum over ten ages and both sexes of age x sex, and the year's last digit twenty times."""
    return {
        (band, year): 3.0 * sum(range(first, first + 10)) + 20 * int(year[-1])
        for band, first in (("¤0-9", 0), ("10-19", 10))
        for year in ("2023", "2024")
    }


def test_groups_keep_the_codes_of_their_list_though_data_call_them_otherwise(
    tmp_path: Path,
) -> None:
    with Agency([grouped_table()], seed=3) as agency:
        source = v2(agency, tmp_path)
        cube = source.data("T", {"Alder": ["*"], "Tid": ["*"]}, code_lists={"Alder": "agg_tio"})
        asked = agency.posts()[-1]["selection"][0]
    assert {key: value for key, (value, _) in held(cube, ["Alder", "Tid"]).items()} == (
        expected_bands()
    )
    assert asked == {
        "variableCode": "Alder",
        "codelist": "agg_tio",
        "valueCodes": ["¤0-9", "10-19"],
    }
    assert cube.notes == ("En liten osäkerhet är införd.",)


def test_the_members_of_a_group_are_asked_for_by_the_tables_own_codes(tmp_path: Path) -> None:
    with Agency([grouped_table()], seed=3) as agency:
        cube = v2(agency, tmp_path).data(
            "T",
            {"Alder": ["10-19"], "Kon": ["1"], "Tid": ["2024"]},
            code_lists={"Alder": "agg_tio"},
            output={"Alder": "single"},
        )
    assert cube.table["Alder"].to_pylist() == [str(age) for age in range(10, 20)]
    assert cube.table["value"].to_pylist() == [float(age + 4) for age in range(10, 20)]


def test_a_group_that_came_under_an_unknown_name_is_not_guessed_at(tmp_path: Path) -> None:
    table = grouped_table()
    bands = table.axes[0].lists["agg_tio"]
    with Agency([table], seed=3) as agency:
        source = v2(agency, tmp_path)
        source.code_list("agg_tio")
        bands["¤10-19"] = ("tio till nitton", bands.pop("10-19")[1])
        bands["¤0-9"] = ("noll till nio", bands["¤0-9"][1])
        agency.tables["T"].axes[0].lists["agg_tio"] = bands | {"10-19": bands["¤10-19"]}
        with pytest.raises(SourceError, match="other codes of Alder"):
            source.data(
                "T",
                {"Alder": ["¤0-9"], "Tid": ["2024"]},
                code_lists={"Alder": "agg_tio"},
            )


def test_groups_of_the_first_generation_are_asked_for_as_they_stand(tmp_path: Path) -> None:
    with Agency([grouped_table()], seed=3) as agency:
        cube = v1(agency, tmp_path).data(
            "T", {"Alder": Grouped("agg:tio", ("10-19",)), "Tid": ["top(1)"]}
        )
        query = agency.posts()[-1]["query"]
    assert cube.table.to_pylist()[0] | {"status": None} == {
        "Alder": "10-19",
        "Tid": "2024",
        "value": expected_bands()["10-19", "2024"],
        "status": None,
    }
    assert query[0]["selection"] == {"filter": "agg:tio", "values": ["10-19"]}


@pytest.mark.parametrize("ask", [v2, v1])
def test_a_variable_that_must_be_chosen_is_named_and_nothing_is_asked(
    ask: Asker, tmp_path: Path
) -> None:
    with Agency([grouped_table()]) as agency:
        with pytest.raises(SourceError, match="Alder of table T must be chosen"):
            ask(agency, tmp_path).data("T", {"Tid": ["*"]})
        assert agency.posts() == []


def test_limits_of_the_first_generation_are_those_it_tells(tmp_path: Path) -> None:
    with Agency([invented(1)], seed=8, told_cells=321) as agency:
        limits = v1(agency, tmp_path).config()
        assert (limits.calls, limits.max_cells) == (agency.calls, 321)


def test_an_agency_that_tells_no_limits_is_asked_with_care(tmp_path: Path) -> None:
    table = invented(6)
    with Agency([table], seed=8, max_cells=20) as agency:
        agency.fail(Fault(400, {}, b'{"error": "Parameter error"}'))
        source = v1(agency, tmp_path)
        assert source.config().max_cells is None
        cube = source.data(table.id, everything(table))
    assert held(cube, list(everything(table))) == computed(table, everything(table))
