"""The care chains' page shows each step, where a difference arises, and nothing that is hidden."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from equity_pipeline.report.chain_page import write_chains
from equity_pipeline.report.facts import PageFacts
from tests.described import published
from tests.programmes import chain_rows, chains

FACTS = PageFacts("Region Norr", "run-1", True, "", 0, "12")


@pytest.fixture
def page(tmp_path):
    """Write the page of some rows and return its text without marks and hard spaces."""

    def write(*rows: dict[str, Any], place: str = "") -> str:
        write_chains(published(care_chain=list(rows)), FACTS, tmp_path)
        path: Path = tmp_path / place / "vardkedjor.html"
        words = path.read_text("utf-8").replace("\u00a0", " ")
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", words))

    return write


def test_each_step_has_its_share_and_the_one_that_loses_most_is_the_finding(page):
    text = page(*chains()["care_chain"])
    assert "Minst andel kommer igenom steget Spirometry sv: 58,0 %" in text
    assert "580 av 1 000 · hittills 58,0 %" in text
    assert "Spirometry sv 1 000 58,0 % 56,0 till 60,0 58,0 % 58,0 % 61,0 %" in text


def test_a_chain_that_begins_anew_says_so_at_the_step_and_not_at_its_beginning(page):
    assert page(*chain_rows()).count("Kedjan börjar om med andra personer") == 1


def test_the_group_of_the_figure_is_the_first_of_a_fixed_order_and_not_of_the_largest_gap(page):
    text = page(*chains()["care_chain"])
    assert "q1 sv jämförda med högsta" in text and "female sv jämförda" not in text
    assert "female sv – högsta" in text  # it stands in the table of all groups


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        (True, "Skillnaden uppstår främst i steget Smokes sv"),
        (False, "Inget enskilt steg står säkert för skillnaden"),
        (None, "Vad varje steg lägger till skillnaden"),
    ],
    ids=["flagged", "not_flagged", "hidden"],
)
def test_a_bottleneck_is_named_only_where_it_is_flagged_and_not_denied_where_hidden(
    page, flag, words
):
    group = chain_rows("sex", "female", bottleneck_flag=False)
    group[0]["bottleneck_flag"] = flag
    assert words in page(*chain_rows(), *group)


def test_a_hidden_step_is_two_dots_in_figure_and_table(page):
    rows = chain_rows()
    rows[1] |= {"value_status": "suppressed", "conditional_rate": 0.987, "n_out": 987_654.0}
    text = page(*rows)
    assert "98,7" not in text and "987" not in text
    assert "Spirometry sv .." in text


def test_the_same_page_is_there_in_english_and_none_without_a_chain(page, tmp_path):
    assert "The smallest share comes through the step Spirometry" in page(*chain_rows(), place="en")
    assert write_chains(published(), FACTS, tmp_path / "none") == []
