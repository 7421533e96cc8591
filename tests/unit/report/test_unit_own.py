"""The page in a unit's own folder is its own: what it alone may see, and no other unit."""

from __future__ import annotations

import re

import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.unit.own import write_own_pages
from tests.described import item_rows, published, unit_row

FACTS = PageFacts("Region Norr", "run-1", True, "", 0, "12")
CODE = "SE-0003"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of one of twelve units; its costs stand in its own tables alone."""
    folder = tmp_path_factory.mktemp("units") / CODE
    folder.mkdir()
    (folder / "equity_2024-12_sv.xlsx").write_bytes(b"")
    cost = item_rows(3)[0] | {
        "item_id": "AE_COST", "indicator_id": "AE_COST", "item_order": 30, "value": 4321.0,
        "item_group": "economy", "item_group_label_sv": "Ekonomi", "item_label_sv": "Kostnad",
        "item_group_label_en": "Economy", "item_label_en": "Cost", "unit_of_measure": "sek",
    }  # fmt: skip
    own = published(
        area_description=[*item_rows(3), cost], unit_variation=[unit_row(3)], stratified=[], gap=[]
    )
    catalogue = load_catalogue().select(["VT01"])
    made = write_own_pages({CODE: own}, published(), catalogue, FACTS, {CODE: folder})
    assert [path.relative_to(folder).as_posix() for path in made] == [
        "omradesbeskrivning.html", "en/omradesbeskrivning.html",
    ]  # fmt: skip
    return folder


@pytest.mark.parametrize("name", ["omradesbeskrivning.html", "en/omradesbeskrivning.html"])
def test_no_other_unit_stands_on_the_page_by_name_or_code(name, folder):
    page = (folder / name).read_text("utf-8")
    assert set(re.findall(r"Enhetsnamn \d+", page)) == {"Enhetsnamn 3"}
    assert set(re.findall(r"SE-\d{4}", page)) == {CODE}


def test_the_page_tells_what_is_the_units_own_beside_how_all_units_are_spread(folder):
    page = (folder / "omradesbeskrivning.html").read_text("utf-8").replace("\u00a0", " ")
    assert '<th scope="row">Kostnad</th><td class="n">4 321 kr</td>' in page
    assert "regionen 500 · liknande enheter 500" in page
    assert "alla enheter" in page


@pytest.mark.parametrize("name", ["omradesbeskrivning.html", "en/omradesbeskrivning.html"])
def test_what_the_page_leads_to_stands_in_the_folder_itself(name, folder):
    page = folder / name
    links = re.findall(r'href="([^"#]+)"', page.read_text("utf-8"))
    targets = {(page.parent / link).resolve().relative_to(folder.resolve()) for link in links}
    assert {one.as_posix() for one in targets} == {
        *("equity_2024-12_sv.xlsx", "ordlista.csv", "kodlista.csv"),
        "en/omradesbeskrivning.html" if page.parent == folder else "omradesbeskrivning.html",
    }


def test_a_unit_that_is_not_described_has_no_page(tmp_path):
    own = published(area_description=[])
    assert write_own_pages({CODE: own}, published(), [], FACTS, {CODE: tmp_path}) == []
