"""The page of deliveries and checks: what warned first, nothing of few rows, everything escaped."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from equity_pipeline.report.quality_page import write_quality


class Cells(HTMLParser):
    """Gathers the texts of table cells and of summaries."""

    def __init__(self) -> None:
        super().__init__()
        self.at = ""
        self.cells: list[str] = []
        self.summaries: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.at = tag
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data):
        if self.at == "td":
            self.cells[-1] += data
        if self.at == "summary":
            self.summaries.append(data)

    def handle_endtag(self, tag):
        self.at = ""


@pytest.fixture
def seen(tables, facts, tmp_path):
    text = write_quality(tables(), facts, tmp_path)[0].read_text("utf-8")
    cells = Cells()
    cells.feed(text)
    return text, cells


def test_the_page_says_how_many_checks_were_made_and_how_many_warned(seen):
    text, cells = seen
    assert "2 kontroller gjordes av 1 underlag. 1 av dem varnade." in text
    assert cells.summaries == ["Vårdkontakter – 2 kontroller, 1 varnade"]


def test_a_check_that_warned_stands_first_and_its_few_rows_are_not_told(seen):
    _, cells = seen
    assert cells.cells[:3] == ["Vårdkontakter", "Få <rader>", ".."]


def test_what_was_not_delivered_is_said_to_be_so(seen):
    _, cells = seen
    at = cells.cells.index("Mål är ifyllt")
    assert cells.cells[at + 1] == "Uppgiften är inte levererad"


def test_rows_files_and_the_band_of_quarantine_are_told_by_entity(seen):
    _, cells = seen
    at = cells.cells.index("standard")
    assert cells.cells[at : at + 6] == [
        "standard", "5", "12\xa0000", "2025-01-02", "Under 1 procent av raderna",
        "Negativ väntetid",
    ]  # fmt: skip


def test_few_rows_are_told_where_no_persons_stand_behind_them_and_no_reason_is_an_empty_cell(seen):
    _, cells = seen
    at = cells.cells.index("Vårdenheter")
    assert cells.cells[at : at + 7] == [
        "Vårdenheter", "standard", "1", "4", "2025-01-02", "Inga rader", "",
    ]  # fmt: skip


def test_what_nobody_delivered_has_no_list_of_checks_and_is_named_once(seen):
    text, cells = seen
    assert len(cells.summaries) == 1
    assert "<p>Inte levererat: screening.</p>" in text


def test_words_of_a_check_are_shown_and_never_read_as_markup(seen):
    text, _ = seen
    assert "Få &lt;rader&gt;" in text
    assert "<rader>" not in text


def test_without_checks_there_is_no_page(tables, facts, tmp_path):
    made = tables()
    del made["checks"]
    assert write_quality(made, facts, tmp_path) == []
