"""The start page is one file that needs nothing, in Swedish, and shows no hidden number."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from equity_pipeline.report.pages import write_index
from equity_pipeline.report.picking import latest, picked

JUDGING = (
    "ojämlikhet i",
    "diskriminering",
    "svaga grupper",
    "omotiverad skillnad",
    "undvikbar börda",
)
VOID = {"meta", "br", "link", "img", "hr"}


class Balance(HTMLParser):
    """Gathers tags, text, and what is left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


@pytest.fixture
def page(tables, facts, tmp_path):
    """Write the page of some tables and return its text."""

    def make(*gaps, **options) -> str:
        made = tables(gaps, **options) if gaps else tables(**options)
        return write_index(made, facts, tmp_path)[0].read_text("utf-8")

    return make


def read(text: str) -> Balance:
    parsed = Balance()
    parsed.feed(text)
    return parsed


def test_every_tag_is_closed_and_the_language_is_swedish(page):
    parsed = read(page())
    assert parsed.open == []
    assert dict(parsed.tags)["html"]["lang"] == "sv"


def test_the_page_needs_no_network_no_script_and_no_other_file(page):
    text = page()
    parsed = read(text)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in parsed.tags}
    assert not {name for _, attrs in parsed.tags for name in attrs} & {"src", "onload"}
    led_to = {attrs["href"] for tag, attrs in parsed.tags if tag == "a"}
    assert led_to == {
        "#m", "index.html", "indikator/index.html", "kvalitet.html", "en/index.html",
        "metod.html", "tillganglighet.html",
    }  # fmt: skip
    assert not [tag for tag, attrs in parsed.tags if tag != "a" and "href" in attrs]
    assert not re.search(r"url\(|@import", text)
    assert set(re.findall(r"https?://[^\"' <]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_the_page_leaves_the_judgement_to_people(page):
    text = page().lower()
    assert [word for word in JUDGING if word in text] == []
    assert "kandidat för granskning" in text
    assert "avgörs av människor" in text


def test_synthetic_figures_say_so(page):
    assert "Syntetiska uppgifter" in page()


def test_what_the_door_hid_is_two_dots_on_the_page(page):
    cells = read(page(n_with=3)).cells
    cells = cells[cells.index("Kön") :]
    assert cells == ["Kön", "Kvinnor – män", "..", "..", "..", "..", ".."]
    assert not [cell for cell in cells if re.search(r"\d", cell)]


def test_what_passed_the_door_stands_on_the_page(page):
    cells = read(page()).cells
    assert {"80,1", "88,9", "8,8", "6,6 till 11,0"} <= set(cells)


def test_a_single_pick_is_told_in_the_singular(page):
    text = page()
    assert "1 jämförelse gjordes" in text
    assert "1 av dem är säkerställd och större" in text
    assert "Den enda som ligger över sin gräns, av 1 jämförelse." in text


def test_without_picks_the_page_says_so_and_has_no_figure(page, gap):
    text = page(gap(evidence_state="uncertain", gap_harm_lower=-0.02))
    assert "Ingen skillnad är både säkerställd och större än gränsen" in text
    assert "<svg" not in text


def test_published_values_are_shown_without_a_judgement(page, gap):
    text = page(gap(evidence_state="not_estimated"))
    assert "1 jämförelse visas utan osäkerhetsmått" in text


def test_an_obstacle_is_told_before_any_difference(page):
    text = page()
    assert "1 av 2 kombinationer" in text
    assert text.index("Individuell uppgift om utbildning") < text.index("Skillnader per indikator")


def test_a_row_measured_on_areas_says_so(page, gap):
    text = page(gap(ses_measurement_level="area"))
    assert "mätt på områden" in text


def test_a_gap_is_picked_only_if_its_interval_widened_for_the_picking_clears_the_limit(tables, gap):
    barely = gap(gap_harm=0.05, gap_harm_lower=0.031, gap_harm_upper=0.069)
    others = [
        gap(
            indicator_id="VT01",
            adjustment=name,
            evidence_state="uncertain",
            gap_harm=0.01,
            gap_harm_lower=-0.02,
            gap_harm_upper=0.04,
        )
        for name in ("need_a", "need_b", "standardised")
    ]
    alone, among = (
        picked(latest(tables(rows)["gap"].data.to_pandas()))
        for rows in ([barely], [barely, *others])
    )
    assert (len(alone), len(among)) == (1, 0)


def case(row, **more):
    """Return the case of a gap in the register: one of 57 comparisons, two of them picked."""
    kept = ("run_id", "indicator_id", "period_start", "period_end", "period_kind",
            "geography_code", "dimension", "focus_level", "reference_level", "adjustment",
            "gap_harm", "mid", "evidence_state", "value_status")  # fmt: skip
    told = {"case_id": "a", "version": 0, "n_comparisons": 57, "n_picked": 2,
            "is_picked": True, "gap_picked_lower": 0.06, "gap_picked_upper": 0.12}  # fmt: skip
    return {name: row[name] for name in kept} | told | more


def test_the_page_says_of_how_many_the_register_picked_before_anything_was_hidden(page, gap):
    text = page(gap(), cases=[case(gap())])
    assert "57 jämförelser gjordes" in text
    assert "2 av dem är säkerställda och större" in text and "1 av dessa visas inte." in text
    assert "Den enda som ligger över sin gräns och visas, av 57 jämförelser." in text


def test_what_the_register_did_not_pick_is_not_picked_by_the_page(page, gap):
    text = page(gap(), cases=[case(gap(), is_picked=False, n_picked=0)])
    assert "57 jämförelser gjordes" in text
    assert "Ingen skillnad är både säkerställd och större" in text and "<svg" not in text


def test_a_case_that_was_judged_by_people_is_picked_once(page, gap):
    judged = case(gap(), version=1, is_picked=True)
    text = page(gap(), cases=[case(gap(), n_picked=1), judged])
    assert "1 av dem är säkerställd" in text
    assert text.split('<ol class="picks">')[1].count("<li>") == 1


def test_a_definition_changed_after_data_were_seen_is_told_where_its_gaps_are(page, gap):
    words = "Definitionen ändrades sedan resultat hade setts"
    assert words not in page(gap(definition_status="pre_specified"))
    text = page(gap(definition_status="post_hoc"))
    picks, tables_ = text.split("Skillnader per indikator")
    assert words in picks and words in tables_
    assert "nomineras inte för granskning" in tables_
