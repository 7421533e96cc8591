"""The page of an indicator says what its rows say, in two languages, and nothing that is hidden."""

from __future__ import annotations

import base64
import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.figures.borders import borders
from equity_pipeline.report.figures.tiles import layout
from equity_pipeline.report.indicator.headline import headline, since
from equity_pipeline.report.indicator.page import write_indicators
from equity_pipeline.report.speech import LANGUAGES, speech
from equity_pipeline.vocabulary import vocabulary
from tests.described import gap_row, level_row, levels, published, trend_row, unit_row

FACTS = PageFacts("Region Norr", "run-1", True, "", 0, "12")
SV, EN = speech("sv"), speech("en")


class Read(HTMLParser):
    """Gathers ids, links, attributes and cells."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        held = dict(attrs)
        self.ids += [held["id"]] if "id" in held else []
        self.links += [held["href"]] if held.get("href") else []
        self.attributes += [value for value in held.values() if value]

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def made(tmp_path):
    """Write the pages of some tables and return the folder."""

    def write(**tables) -> Path:
        write_indicators(published(**tables), load_catalogue().select(["VT01"]), FACTS, tmp_path)
        return tmp_path

    return write


def read(path: Path) -> Read:
    parsed = Read()
    parsed.feed(path.read_text("utf-8"))
    return parsed


def plain(words: str) -> str:
    return words.replace("\u00a0", " ")


def csv_of(page: Read) -> list[list[str]]:
    uri = next(one for one in page.links if one.startswith("data:"))
    text = base64.b64decode(uri.split(",", 1)[1]).decode("utf-8-sig")
    return list(
        csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ",")
    )


def test_the_headline_says_both_levels_the_gap_its_interval_and_the_verdict():
    assert [plain(one) for one in headline(gap_row(), SV)] == [
        "Värdet är 80,1 % för lägsta inkomstfemtedelen och 88,9 % för högsta inkomstfemtedelen.",
        "Skillnaden är 8,8 procentenheter till nackdel för den förstnämnda gruppen "
        "(95 % konfidensintervall 6,6 till 11,0), ojusterat.",
        "Skillnaden är statistiskt säkerställd och större än gränsen vi satte i förväg "
        "(3,0 procentenheter).",
    ]


def test_the_headline_in_english_has_points_and_no_space_before_per_cent():
    assert [plain(one) for one in headline(gap_row(), EN)][:2] == [
        "Lowest income fifth: 80.1%; highest income fifth: 88.9%.",
        "The difference is 8.8 percentage points to the disadvantage of the group named first "
        "(95% confidence interval 6.6 to 11.0), crude.",
    ]


def test_a_reversed_gap_is_to_the_advantage_and_its_limits_change_places():
    row = gap_row(gap_harm=-0.02, gap_harm_lower=-0.05, gap_harm_upper=0.01)
    assert plain(headline(row, SV)[1]) == (
        "Skillnaden är 2,0 procentenheter till fördel för den förstnämnda gruppen "
        "(95 % konfidensintervall −1,0 till 5,0), ojusterat."
    )


def test_groups_that_are_equal_in_the_shown_decimals_have_no_side():
    row = gap_row(gap_harm=0.0004, gap_harm_lower=-0.01, gap_harm_upper=0.011)
    assert headline(row, SV)[1].startswith("I visade decimaler är grupperna lika")


def test_an_indicator_without_a_good_side_has_a_gap_without_a_side():
    none = dict.fromkeys(("gap_harm", "gap_harm_lower", "gap_harm_upper"))
    said = plain(headline(gap_row(**none, evidence_state="not_applicable"), SV)[1])
    assert said.startswith("Skillnaden är −8,8 procentenheter (95 %")


def test_a_suppressed_gap_tells_no_number():
    hidden = dict.fromkeys(
        ("focus_value", "reference_value", "gap_abs", "gap_harm", "evidence_state")
    )
    for spoken in (SV, EN):
        said = " ".join(headline(gap_row(**hidden, value_status="suppressed"), spoken))
        assert ".." in said and not re.search(r"\d", said)


def test_a_gap_that_is_not_estimated_says_that_it_is_not_shown():
    none = dict.fromkeys(("gap_abs", "gap_harm"))
    said = headline(gap_row(**none, value_status="not_estimated"), SV)
    assert len(said) == 1 and said[0].endswith("visas inte (..).")


def test_without_a_comparison_the_headline_says_so():
    assert headline(None, SV) == ["Uppgifterna räcker inte för en jämförelse mellan grupper."]


def test_a_definition_changed_after_the_fact_is_told():
    assert headline(gap_row(definition_status="post_hoc"), EN)[-1].startswith("The definition was")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((-0.03, -0.05, -0.01),
         "Sedan 2020 har skillnaden minskat med 3,0 procentenheter (1,0 till 5,0)."),
        ((0.03, 0.01, 0.05),
         "Sedan 2020 har skillnaden ökat med 3,0 procentenheter (1,0 till 5,0)."),
        ((0.03, -0.01, 0.05), "Någon förändring sedan 2020 är inte säkerställd."),
    ],
)  # fmt: skip
def test_only_a_change_whose_interval_leaves_out_zero_is_called_one(change, said):
    names = ("change_from_base", "change_from_base_lower", "change_from_base_upper")
    rows = [trend_row(2024, **dict(zip(names, change, strict=True)))]
    assert plain(since(rows, SV)) == said


def test_a_change_that_is_hidden_or_not_reckoned_is_not_spoken_of():
    assert since([trend_row(2024, value_status="suppressed")], SV) == ""
    assert since([trend_row(2024, change_from_base=None)], SV) == since([], SV) == ""


def test_both_languages_have_the_same_keys_with_the_same_places_for_values():
    def keys(code):
        return {
            f"{section}.{key}": sorted(set(re.findall(r"{(\w+)}", str(words))))
            for section, held in speech(code).words.items()
            for key, words in held.items()
        }

    assert keys("sv") == keys("en")


def test_no_swedish_word_of_the_pages_is_one_that_is_never_written():
    said = " ".join(str(w) for held in SV.words.values() for w in held.values())
    assert vocabulary().misspoken(said) == []


def test_every_page_is_whole_has_ids_of_its_own_and_loads_nothing(made):
    folder = made()
    pages = sorted(folder.rglob("*.html"))
    assert [str(one.relative_to(folder)) for one in pages] == [
        "en/indikator/VT01.html", "en/indikator/index.html",
        "indikator/VT01.html", "indikator/index.html",
    ]  # fmt: skip
    for path in pages:
        page = read(path)
        assert len(page.ids) == len(set(page.ids))
        assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
        assert [one for one in page.attributes if "http" in one and "w3.org" not in one] == []
        assert path.stat().st_size < 300_000


def test_every_link_of_a_page_leads_to_a_file_of_the_release(made):
    folder = made()
    for name in ("index", "kvalitet", "metod", "tillganglighet"):
        (folder / f"{name}.html").touch()
        (folder / "en" / f"{name}.html").touch()
    for path in folder.rglob("*.html"):
        links = [one for one in read(path).links if not one.startswith(("data:", "#"))]
        assert [one for one in links if not (path.parent / one).exists()] == []


@pytest.mark.parametrize("place", ["indikator", "en/indikator"])
def test_the_figures_and_their_tables_are_all_there(made, place):
    page = read(made() / place / "VT01.html")
    assert page.tags.count("svg") == 7
    named = {"gradient", "steps", "equiplot-persons", "equiplot-places", "trend", "funnel", "map"}
    assert named <= set(page.ids)
    assert page.tags.count("details") == 7


def test_a_hidden_number_is_nowhere_even_where_the_row_forgot_to_empty_it(made):
    """The door empties the numbers; a page reads none of a row that is not shown anyhow."""
    rows = [
        row
        if (row["dimension"], row["level"]) != ("income_quintile", "q2")
        else level_row("income_quintile", "q2", 0.987654)
        | {"value_status": "suppressed", "n_denominator": 987_654.0, "n_numerator": 987_653.0}
        for row in levels()
    ]
    folder = made(strata=rows)
    for path in folder.rglob("*.html"):
        page = read(path)
        held = [*page.words, *page.attributes, *(cell for row in _rows(page) for cell in row)]
        bare = [re.sub(r"[\s\u00a0\u202f.,]", "", one) for one in held]
        assert [one for one in bare if "98765" in one or "988" in one.split("data")[0][:5]] == []


def _rows(page: Read) -> list[list[str]]:
    return csv_of(page) if any(one.startswith("data:") for one in page.links) else []


def test_a_suppressed_group_is_two_dots_in_the_table_and_in_the_file(made):
    page = read(made() / "indikator" / "VT01.html")
    row = next(one for one in csv_of(page) if one[1] == "Kvinnor")
    assert row == ["Kön", "Kvinnor", "..", "..", "..", "..", "..", ".."]


def test_the_file_has_the_numbers_of_the_page_as_a_spreadsheet_reads_them(made):
    page = made() / "indikator" / "VT01.html"
    rows = {one[1]: one for one in csv_of(read(page))}
    assert rows["Lägsta inkomstfemtedelen"][2:7] == [
        "1000", "771", "77,1", "76,1 till 78,1", "8,8",
    ]  # fmt: skip
    english = {
        one[1]: one for one in csv_of(read(page.parents[1] / "en" / "indikator" / page.name))
    }
    assert english["Lowest income fifth"][3:5] == ["771", "77.1"]


def test_units_have_no_name_on_the_page_of_an_indicator(made):
    text = (made() / "indikator" / "VT01.html").read_text("utf-8")
    assert "Enhetsnamn" not in text and "SE-00" not in text
    assert "2 av 12 vårdenheter ligger utanför gränserna" in text


@pytest.mark.parametrize(
    ("outside", "said"), [(0, "Ingen av 12 vårdenheter"), (1, "1 av 12 vårdenheter ligger")]
)
def test_one_and_no_unit_outside_are_said_as_such(made, outside, said):
    rows = [
        unit_row(at, funnel_class="above_998" if at < outside else "within") for at in range(12)
    ]
    assert said in (made(unit_variation=rows) / "indikator" / "VT01.html").read_text("utf-8")


def test_hidden_units_are_counted_and_not_drawn(made):
    rows = [unit_row(at, value_status="suppressed" if at < 1 else "shown") for at in range(12)]
    text = (made(unit_variation=rows) / "indikator" / "VT01.html").read_text("utf-8")
    assert "1 enhet visas inte." in text and "2 av 11 vårdenheter" in text


def test_the_steps_say_how_much_remains(made):
    text = plain((made() / "indikator" / "VT01.html").read_text("utf-8"))
    assert (
        "7,2 av 10,1 procentenheter kvarstår efter hänsyn till ålder, kön och uppmätt behov" in text
    )


def test_the_dimension_of_the_headline_is_the_first_of_a_fixed_order_not_the_largest(made):
    gaps = [gap_row("sex", gap_harm=0.5), gap_row("area_type"), gap_row("education")]
    text = (made(gaps=gaps) / "indikator" / "VT01.html").read_text("utf-8")
    assert "Rubriken gäller uppdelningen områdestyp (SCB)." in text


def test_an_indicator_of_which_little_is_known_still_has_a_page(made):
    rows = [level_row("total", "all", None), level_row("sex", "male", None)]
    nothing = {"trend": [], "decomposition": [], "unit_variation": []}
    folder = made(strata=rows, gaps=[], **nothing)
    page = read(folder / "indikator" / "VT01.html")
    assert "svg" not in page.tags
    assert "Uppgifterna räcker inte för en jämförelse mellan grupper." in " ".join(page.words)


def test_the_same_tables_make_the_same_bytes(made, tmp_path):
    first = (made() / "indikator" / "VT01.html").read_bytes()
    assert (made() / "indikator" / "VT01.html").read_bytes() == first


def test_no_page_says_what_is_never_said(made):
    for path in made().rglob("*.html"):
        if "en" not in path.parts:
            assert vocabulary().misspoken(" ".join(read(path).words)) == []


def test_every_language_is_written():
    assert LANGUAGES == ("sv", "en")


def test_the_municipalities_are_drawn_as_they_lie_only_where_all_of_them_have_borders(tmp_path):
    codes = [tile.code for tile in layout("12")]
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    shapes = [(code, {"type": "Polygon", "coordinates": [ring]}) for code in codes]
    words = {}
    for name, held in (("all", borders(shapes, "SCB")), ("some", borders(shapes[1:], "SCB"))):
        folder = tmp_path / name
        declared = load_catalogue().select(["VT01"])
        write_indicators(published(), declared, FACTS, folder, held)
        words[name] = (folder / "indikator" / "VT01.html").read_text("utf-8")
    assert "Gränser: SCB." in words["all"] and "som de ligger" in words["all"]
    assert "Gränser:" not in words["some"] and "Varje ruta är en kommun" in words["some"]
