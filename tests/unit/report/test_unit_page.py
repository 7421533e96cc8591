"""The page of a care unit tells of it beside all units, in words that rank nobody."""

from __future__ import annotations

import re
from pathlib import Path
from time import perf_counter

import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.unit.held import spread
from equity_pipeline.report.unit.page import write_units
from tests.described import item_rows, published, unit_row

FACTS = PageFacts("Region Norr", "run-1", True, "", 0, "12")


@pytest.fixture
def made(tmp_path):
    """Write the pages of some tables and return the folder."""

    def write(**tables) -> Path:
        write_units(published(**tables), load_catalogue().select(["VT01"]), FACTS, tmp_path)
        return tmp_path

    return write


def text(path: Path) -> str:
    return path.read_text("utf-8").replace("\u00a0", " ")


def test_every_unit_has_a_page_in_both_languages_and_stands_in_the_list(made):
    folder = made()
    assert len(list((folder / "enhet").glob("SE-*.html"))) == 12
    assert len(list((folder / "en" / "enhet").glob("SE-*.html"))) == 12
    assert text(folder / "enhet" / "index.html").count("<li><a href=") == 12


def test_a_unit_is_told_beside_the_region_and_similar_units(made):
    page = text(made() / "enhet" / "SE-0003.html")
    assert "<h1>Enhetsnamn 3</h1>" in page
    assert "regionen 500 · liknande enheter 500" in page
    assert '<td class="n">503</td>' in page


def test_what_is_found_of_a_unit_stands_first_in_words(made):
    page = text(made() / "enhet" / "SE-0003.html")
    found = re.findall(
        r"<li>([^<]*)</li>", page.partition('<ul class="lead">')[2].partition("<dl")[0]
    )
    assert found == [
        "18–44 år: andelen är 3,0 procentenheter högre än i regionen.",
        "AN_CNI sv: 4,00, i regionen 1,00.",
        "1 av 1 mått som kan visas ligger utanför den yttre gränsen: Medicinsk bedömning inom "
        "3 dagar. Läget säger inte varför.",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"funnel_class": "within"}, "Det enda mått som kan visas ligger inom den yttre gränsen."),
        ({"value_status": "suppressed"}, "i regionen 1,00."),
    ],
    ids=["inside", "hidden"],
)
def test_nothing_is_found_of_what_lies_inside_or_is_hidden(made, changes, words):
    page = text(made(unit_variation=[unit_row(3, **changes)]) / "enhet" / "SE-0003.html")
    lead = page.partition('<ul class="lead">')[2].partition("</ul>")[0]
    assert lead.endswith(f"{words}</li>") and "utanför" not in lead


def test_a_page_names_no_other_unit(made):
    page = text(made() / "enhet" / "SE-0003.html")
    assert set(re.findall(r"Enhetsnamn \d+", page)) == {"Enhetsnamn 3"}
    assert set(re.findall(r"SE-\d{4}", page)) == {"SE-0003"}


def test_a_year_has_no_thousands_and_a_word_is_a_tag(made):
    page = text(made() / "enhet" / "SE-0000.html")
    assert ">1990<" in page and "1 990" not in page
    assert "<li>AA_CLASS sv: övriga områden</li>" in page


def test_what_is_hidden_of_a_unit_is_two_dots_and_in_no_figure(made):
    hidden = [row | {"value_status": "suppressed", "value": 987_654.0} for row in item_rows(0)]
    others = [row for at in range(1, 12) for row in item_rows(at)]
    units = [unit_row(at, value_status="suppressed" if at == 0 else "shown") for at in range(12)]
    folder = made(area_description=hidden + others, unit_variation=units)
    for path in folder.rglob("*.html"):
        assert "987" not in text(path)
    assert "<svg" not in text(folder / "enhet" / "SE-0000.html")
    assert ">..<" in text(folder / "enhet" / "SE-0000.html").replace(" ", "")


def test_no_unit_described_means_no_page(made):
    assert list(made(area_description=[]).rglob("*.html")) == []


def test_a_units_ages_stand_beside_the_regions_and_the_largest_distance_is_the_finding(made):
    rows = item_rows(0)
    told = {"AD_AGE_18_44": 0.45, "AD_AGE_80": 0.04, "AD_WOMEN": 0.49}
    rows = [row | ({"value": told[row["item_id"]]} if row["item_id"] in told else {})
            for row in rows]  # fmt: skip
    page = text(made(area_description=rows) / "enhet" / "SE-0000.html")
    assert "18–44 år: andelen är 10,0 procentenheter högre än i regionen" in page
    assert "Kvinnor: 49,0 % av de listade, i regionen 50,0 %." in page
    assert page.count("AD_AGE_18_44 sv") == 0  # not once more among the items


def test_a_hidden_age_is_two_dots_in_the_pyramid_and_none_shown_is_no_pyramid(made):
    hidden = {"value_status": "suppressed", "value": 0.987}
    rows = [row | (hidden if row["item_id"] == "AD_AGE_80" else {}) for row in item_rows(0)]
    page = text(made(area_description=rows) / "enhet" / "SE-0000.html")
    assert "98,7" not in page and 'id="ages"' in page
    rows = [row | (hidden if row["item_id"].startswith("AD_AGE") else {}) for row in item_rows(0)]
    assert 'id="ages"' not in text(made(area_description=rows) / "enhet" / "SE-0000.html")


def test_a_unit_leads_to_its_comparable_units_that_stand_by_name_and_not_by_result(made):
    folder = made()
    assert 'href="liknande-other-large.html"' in text(folder / "enhet" / "SE-0003.html")
    page = text(folder / "enhet" / "liknande-other-large.html")
    named = re.findall(r'<th scope="row">(Enhetsnamn \d)', page)
    assert named[:8] == [f"Enhetsnamn {at}" for at in range(8)]
    assert "8 enheter hör till gruppen" in page and "Enhetsnamn 9" not in page
    assert "övriga områden, stora enheter" in page and "rank" not in page


def test_good_level_with_small_gap_is_named_and_only_where_the_release_flags_it(made):
    page = text(made() / "enhet" / "liknande-other-large.html")
    assert "Enhetsnamn 3: Bedömning." in page and page.count(">ja<") == 1
    none = [unit_row(at, positive_deviant_flag=False) for at in range(12)]
    page = text(made(unit_variation=none) / "enhet" / "liknande-other-large.html")
    assert "Ingen enhet har säkert både god nivå och liten skillnad" in page
    hidden = [unit_row(at, within_gap_harm=None) for at in range(12)]
    page = text(made(unit_variation=hidden) / "enhet" / "liknande-other-large.html")
    assert "kan inte visas i den här gruppen" in page


def test_what_a_unit_has_not_delivered_is_a_dash_and_what_is_hidden_two_dots(made):
    rows = [row for at in range(8) for row in item_rows(at)]
    for row in rows:
        if row["item_id"] == "AN_CNI" and row["unit_hsa_id"] == "SE-0001":
            row |= {"value_status": "not_reported", "value": None}
        if row["item_id"] == "AN_CNI" and row["unit_hsa_id"] == "SE-0002":
            row |= {"value_status": "suppressed", "value": 0.987}
    page = text(made(area_description=rows) / "enhet" / "liknande-other-large.html")
    assert re.search(r"Enhetsnamn 1</th><td class=.n.>501</td><td class=.n.>–<", page)
    assert re.search(r"Enhetsnamn 2</th><td class=.n.>502</td><td class=.n.>\.\.<", page)


def test_the_spread_of_too_few_units_is_not_drawn():
    assert spread([1.0] * 7) is None
    assert spread([1.0] * 8) == (1.0, 1.0, 1.0, 1.0)


def test_two_hundred_area_descriptions_take_less_than_twenty_seconds(made):
    items = [row for at in range(200) for row in item_rows(at)]
    units = [unit_row(at) for at in range(200)]
    began = perf_counter()
    folder = made(area_description=items, unit_variation=units)
    assert perf_counter() - began < 20
    assert len(list((folder / "enhet").glob("SE-*.html"))) == 200
