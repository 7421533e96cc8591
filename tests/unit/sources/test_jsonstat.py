"""json-stat read by codes, on every recording and on the shapes the recordings lack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.pxweb.jsonstat import Cube, dimensions, read


def recording(fixtures: Path, name: str) -> Any:
    return json.loads((fixtures / name).read_text("utf-8"))


def cell(cube: Cube, **codes: str) -> dict[str, Any]:
    found = [row for row in cube.table.to_pylist() if codes.items() <= row.items()]
    assert len(found) == 1
    return found[0]


def unwrapped(held: Any) -> Any:
    """Undo what the recording's journey through R did: arrays of one around single values."""
    if isinstance(held, dict):
        return {key: unwrapped(value) for key, value in held.items()}
    if isinstance(held, list):
        return [one[0] if isinstance(one, list) and len(one) == 1 else one for one in held]
    return held


def small(**changes: Any) -> dict[str, Any]:
    made = {
        "class": "dataset",
        "version": "2.0",
        "id": ["a", "b"],
        "size": [2, 2],
        "dimension": {
            "a": {"category": {"index": ["x", "y"]}},
            "b": {"category": {"index": {"1": 1, "0": 0}, "label": {"0": "noll", "1": "ett"}}},
        },
        "value": [1, 2, 3, 4],
    }
    return made | changes


def test_scb_skane_children_of_april_2026_are_142522(fixtures: Path) -> None:
    cube = read(recording(fixtures, "pxweb_v2_scb/TAB6471_data.json"))
    assert cube.table.num_rows == 21 * 11 * 3 * 1 * 4
    assert cell(cube, Region="12", Alder="0-9", Kon="TotSa", Tid="2026M04")["value"] == 142522
    assert cell(cube, Region="01", Alder="0-9", Kon="TotSa", Tid="2026M02")["value"] == 247245


def test_units_and_labels_come_with_their_codes(fixtures: Path) -> None:
    cube = read(recording(fixtures, "pxweb_v2_scb/TAB6471_data.json"))
    region, _, _, contents, _ = cube.dimensions
    assert region.categories["12"] == "Skåne län"
    assert dict(contents.units) == {"000007SF": "antal"}
    assert "Cell Key Method" in cube.notes[0]


def test_metadata_without_values_gives_all_codes(fixtures: Path) -> None:
    held = dimensions(recording(fixtures, "pxweb_v2_scb/TAB6471_metadata.json"))
    assert [len(one.codes) for one in held] == [312, 134, 3, 1, 16]
    assert held[4].codes[-1] == "2026M04"


def test_norway_keeps_the_sign_of_a_missing_value(fixtures: Path) -> None:
    document = recording(fixtures, "pxweb_v1_other/response_no.json")
    rows = read(document).table.to_pylist()
    assert len(rows) == 12 * 3 * 8
    assert (rows[0]["Region"], rows[0]["Tid"], rows[0]["value"]) == ("TOTAL", "2022K1", 136.2)
    assert (rows[176]["value"], rows[176]["status"]) == (None, "..")
    assert rows[0]["status"] is None


def test_finland_is_read_by_codes_in_its_own_language(fixtures: Path) -> None:
    cube = read(recording(fixtures, "pxweb_v1_other/response_fi.json"))
    row = cell(cube, Vuosi="2020", Sukupuoli="SSS", **{"Ikä": "25-29"})
    assert row["value"] == 352990


def test_greenland_with_nulls_and_an_eliminated_dimension_is_read(fixtures: Path) -> None:
    cube = read(recording(fixtures, "pxweb_v1_other/response_gl.json"))
    assert [one.code for one in cube.dimensions] == ["HFU", "alder", "registrering", "aar"]
    row = cell(cube, HFU="3", alder="20", registrering="3", aar="2021")
    assert (row["value"], row["status"]) == (None, "-")
    assert cell(cube, HFU="3", alder="20", registrering="4", aar="2020")["value"] == 1


def test_the_public_health_agency_has_blanks_in_its_codes(fixtures: Path) -> None:
    cube = read(recording(fixtures, "fohm/data_mobbning.json"))
    row = cell(cube, Region="21", **{"Hur ofta": "2-3 ggr/månad", "Ålder": "13"})
    assert row["value"] == 5


def test_version_1_in_its_wrapper_equals_the_plain_json_of_the_same_table(fixtures: Path) -> None:
    wrapped = unwrapped(recording(fixtures, "pxweb_v1_scb/data_jsonstat1_BefolkningNy_en.json"))
    wrapped["dataset"]["dimension"] |= {
        key: unwrapped(wrapped["dataset"]["dimension"][key]) for key in ("id", "size")
    }
    wrapped["dataset"]["value"] = unwrapped(wrapped["dataset"]["value"])
    cube = read(wrapped)
    plain = recording(fixtures, "pxweb_v1_scb/data_json_BefolkningNy_en.json")
    expected = {tuple(row["key"]): float(row["values"][0]) for row in plain["data"]}
    found = {
        (row["Civilstand"], row["Kon"], row["Tid"]): row["value"] for row in cube.table.to_pylist()
    }
    assert found == expected
    assert found["SK", "2", "2017"] == 553226


def test_the_last_dimension_runs_fastest() -> None:
    rows = read(small()).table.to_pylist()
    assert [(row["a"], row["b"], row["value"]) for row in rows] == [
        ("x", "0", 1.0),
        ("x", "1", 2.0),
        ("y", "0", 3.0),
        ("y", "1", 4.0),
    ]


def test_a_sparse_object_of_values_leaves_the_others_null() -> None:
    table = read(small(value={"3": 7}, status={"0": ":"})).table
    assert table["value"].to_pylist() == [None, None, None, 7.0]
    assert table["status"].to_pylist() == [":", None, None, None]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("p", ["p"] * 4),
        (["p"], ["p"] * 4),
        (["a", None, "b", None], ["a", None, "b", None]),
        (None, [None] * 4),
    ],
)
def test_every_form_of_status_is_understood(status: Any, expected: list[str | None]) -> None:
    assert read(small(status=status)).table["status"].to_pylist() == expected


def test_a_sign_in_place_of_a_value_becomes_the_status() -> None:
    table = read(small(value=["..", "2.5", None, 4])).table
    assert table["value"].to_pylist() == [None, 2.5, None, 4.0]
    assert table["status"].to_pylist() == ["..", None, None, None]


def test_a_single_category_needs_no_index() -> None:
    document = {"id": ["a"], "size": [1], "dimension": {"a": {"category": {"label": {"q": "Q"}}}}}
    assert read(document | {"value": [1]}).table["a"].to_pylist() == ["q"]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (small(value=[1, 2, 3]), "3 values for 4 cells"),
        (small(size=[2, 3]), "sizes"),
        (small(value={"4": 1}), "outside the 4 cells"),
        (small(id=["a", "c"]), "not described"),
        (small(dimension={"a": {"category": 3}, "b": {}}), "does not describe"),
        ({"error": "Parameter error"}, "no dimension"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(broken: Any, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        read(broken)


PEERS = [
    "pxweb_v2_scb/TAB6471_data.json",
    "pxweb_v1_other/response_no.json",
    "pxweb_v1_other/response_fi.json",
    "pxweb_v1_other/response_gl.json",
    "fohm/data_mobbning.json",
]


def peer_cells(document: Any) -> dict[tuple[str, ...], float | None]:
    """Every cell as pyjstat reads it, by codes."""
    pyjstat = pytest.importorskip("pyjstat.pyjstat", reason="no pyjstat: `make test` installs it")
    frame = pyjstat.Dataset.read(json.dumps(document)).write("dataframe", naming="id")
    names = [name for name in frame.columns if name != "value"]
    keys = zip(*(frame[name].astype(str) for name in names), strict=True)
    return {
        tuple(key): None if value is None or value != value else float(value)
        for key, value in zip(keys, frame["value"], strict=True)
    }


def our_cells(document: Any) -> dict[tuple[str, ...], float | None]:
    cube = read(document)
    names = [one.code for one in cube.dimensions]
    return {tuple(row[name] for name in names): row["value"] for row in cube.table.to_pylist()}


@pytest.mark.parametrize("name", PEERS)
def test_every_cell_of_every_recording_is_as_pyjstat_reads_it(fixtures: Path, name: str) -> None:
    document = recording(fixtures, name)
    ours = our_cells(document)
    assert ours == peer_cells(document)
    assert len(ours) == read(document).table.num_rows


def test_a_recording_made_sparse_or_listed_by_index_gives_the_same_cells(fixtures: Path) -> None:
    document = recording(fixtures, PEERS[0])
    whole = our_cells(document)
    values = {str(i): value for i, value in enumerate(document["value"]) if value is not None}
    assert our_cells(document | {"value": values}) == whole
    for held in document["dimension"].values():
        index = held["category"]["index"]
        held["category"]["index"] = sorted(index, key=index.__getitem__)
    assert our_cells(document) == whole


def test_roles_decimals_and_notes_are_kept(fixtures: Path) -> None:
    cube = read(recording(fixtures, PEERS[0]))
    roles = {one.code: one.role for one in cube.dimensions}
    assert (roles["Tid"], roles["ContentsCode"], roles["Kon"]) == ("time", "metric", "")
    assert cube.updated == "2026-06-08T06:00:00Z"
    assert len(cube.notes) == 4
    fixed = read(recording(fixtures, "pxweb_v1_other/response_gl.json")).fixed
    assert dict(fixed[0].decimals) == {"EliminatedValue": 0}
    assert dict(fixed[0].units) == {"EliminatedValue": "Persons"}


def test_a_version_1_bundle_under_any_name_is_read() -> None:
    inner = small()
    plain = {key: value for key, value in inner.items() if key not in {"id", "size", "class"}}
    plain["dimension"] = inner["dimension"] | {"id": inner["id"], "size": inner["size"]}
    assert our_cells({"the_publishers_name": plain}) == our_cells(inner)


def deep() -> Any:
    held: Any = 1
    for _ in range(500):
        held = [held]
    return held


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (small(value=[1, 2, 3, float("nan")]), "neither a number"),
        (small(value=[1, 2, 3, float("inf")]), "neither a number"),
        (small(value=[1, 2, 3, "nan"]), "neither a number"),
        (small(value=[1, 2, 3, "1,5"]), "neither a number"),
        (small(value=[1, 2, 3, "1 500"]), "neither a number"),
        (small(value=[1, 2, 3, "1_500"]), "neither a number"),
        (small(value=[1, 2, 3, True]), "neither a number"),
        (small(value=[1, 2, 3, 10**400]), "neither a number"),
        (small(value=[1, 2, 3, [4]]), "neither a number"),
        (small(value=[1, 2, 3, deep()]), "neither a number"),
        (small(value="1234"), "0 values for 4 cells"),
        (small(value=None), "0 values for 4 cells"),
        (small(value={"-1": 1}), "outside the 4 cells"),
        (small(value={"²": 1}), "outside the 4 cells"),
        (small(status=["a", "b"]), "2 signs for 4 cells"),
        (small(status=[1, 2, 3, 4]), "a sign is not a text"),
        (small(size=4), "sizes"),
        (small(size=[2, 2, 1]), "sizes"),
        (small(id=["a", "a"]), "once each"),
        (small(id=["a", 1]), "once each"),
        (small(id="ab"), "no dimensions"),
        (small(dimension={"a": {"category": {"index": {"x": 0, "y": 2}}}, "b": {}}), "places"),
        (small(dimension={"a": {"category": {"index": ["x", "x"]}}, "b": {}}), "once each"),
        (small(dimension={"a": {"category": {"index": [1, 2]}}, "b": {}}), "texts"),
        (small(dimension=[]), "no dimensions"),
        ({"class": "collection", "dimension": {}}, "class 'collection'"),
        ([], "no dimension"),
        ("text", "no dimension"),
        (None, "no dimension"),
    ],
)
def test_a_malformed_document_ends_in_a_source_error(broken: Any, told: str) -> None:
    with pytest.raises(SourceError, match=told) as stop:
        read(broken)
    assert stop.value.mend


def test_a_few_lines_cannot_claim_more_cells_than_a_machine_holds() -> None:
    names = [f"d{i}" for i in range(12)]
    category = {"category": {"index": [str(i) for i in range(100)]}}
    document = {"id": names, "size": [100] * 12, "dimension": dict.fromkeys(names, category)}
    with pytest.raises(SourceError, match="more than can be held"):
        read(document | {"value": {}})
