"""Every headline says what is reckoned anew from the table of groups; another one is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.flows.headlines import wrong_headlines


def test_every_headline_is_what_is_reckoned_from_the_table_of_groups(small_night):
    assert wrong_headlines(small_night.current) == (6, [])


@pytest.fixture(scope="module")
def pages(small_night, tmp_path_factory) -> Path:
    """What headlines are reckoned from, and the pages that bear them."""
    folder = tmp_path_factory.mktemp("headlines")
    for name in ("stratified.parquet", "gap.parquet", "equity.duckdb"):
        shutil.copy(small_night.current / name, folder)
    for part in ("indikator", "en/indikator"):
        shutil.copytree(small_night.current / part, folder / part)
    return folder


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (" till nackdel ", " till fördel "),
        ("Värdet är ", "Värdet är 1"),
        ("Skillnaden är ", "Skillnaden är 9"),
        ("konfidensintervall ", "konfidensintervall 5"),
        ("lägsta inkomstfemtedelen", "högsta inkomstfemtedelen"),
        ("Det finns en skillnad, men", "Det finns ingen skillnad, men"),
        ("satte i förväg (", "satte i förväg (2"),
    ],
)
def test_a_headline_that_says_another_thing_is_found(said, told, pages):
    page = pages / "indikator" / "TG05.html"
    text = page.read_text("utf-8")
    lead, found, rest = text.partition('<p class="lead">')
    assert said in rest
    page.write_text(lead + found + rest.replace(said, told, 1), "utf-8")
    try:
        n, faults = wrong_headlines(pages)
    finally:
        page.write_text(text, "utf-8")
    assert (n, [one.partition(":")[0] for one in faults]) == (6, ["TG05 sv"])
