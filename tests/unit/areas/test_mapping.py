"""Vintages: every area goes somewhere, and what is partly the same is never called the same."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict

import pytest

from equity_pipeline.areas.mapping import Change, backwards, change_type_of, mapped
from equity_pipeline.errors import DeclarationError
from tests.beside import absent, beside

FIXTURES = beside("fixtures")

# counted by hand in the log: 14 areas were cleanly divided, into 33
QUALITIES = {"exact": 667, "border_only": 69, "split": 33, "partial": 71}


def table(name):
    path = FIXTURES / "geo_codes" / name
    if not path.exists():
        pytest.skip(absent("the codes of Statistics Sweden", "fixtures"))
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def log():
    return [
        Change(row["deso_2018"], row["deso_2025"], change_type_of(row["forandringstyp"]))
        for row in table("skane_deso2018_to_deso2025_changes.csv")
    ]


@pytest.fixture(scope="module")
def old():
    return {row["deso"] for row in table("skane_deso.csv")}


@pytest.fixture(scope="module")
def new():
    return {row["deso_2025"] for row in table("skane_deso_2025_codes_derived.csv")}


@pytest.fixture(scope="module")
def links(old, new, log):
    return mapped(old, new, log)


def test_every_code_goes_somewhere_and_comes_from_somewhere(links, old, new):
    assert (len(old), len(new), len(old - new), len(new - old)) == (789, 819, 21, 51)
    assert {link.area_code_from for link in links} == old
    assert {link.area_code_to for link in links} == new


def test_people_are_neither_made_nor_lost(links, old):
    weights = defaultdict(float)
    for link in links:
        weights[link.area_code_from] += link.map_weight
    assert {code: round(weight, 12) for code, weight in weights.items()} == dict.fromkeys(old, 1.0)


def test_a_border_at_sea_moves_nobody(links, log):
    sea = {row.area_code_from for row in log if row.change_type == "extended_to_sea"}
    assert sum(row.change_type == "extended_to_sea" for row in log) == 55
    of_sea = [link for link in links if link.area_code_from in sea]
    alone = [link for link in of_sea if link.mapping_quality == "border_only"]
    assert all(link.map_weight == 1 and link.area_code_from == link.area_code_to for link in alone)
    assert len(alone) >= 50


def test_the_kinds_of_all_links_of_the_region_are_told(links):
    assert Counter(link.mapping_quality for link in links) == QUALITIES


def test_codes_that_ceased_are_split_or_partly_others(links, old, new):
    ceased = {link.mapping_quality for link in links if link.area_code_from in old - new}
    assert ceased == {"split", "partial"}


def test_a_clean_split_is_told_from_one_whose_part_has_others_in_it(links):
    kinds = {(link.area_code_from, link.area_code_to): link.mapping_quality for link in links}
    assert kinds["1261C1080", "1261C1081"] == kinds["1261C1080", "1261C1082"] == "split"
    assert kinds["1280C1270", "1280C1273"] == kinds["1280C1270", "1280C1271"] == "partial"
    assert kinds["1280C1120", "1280C1120"] == kinds["1280C2080", "1280C2320"] == "partial"


def test_an_area_that_gave_a_part_which_no_row_tells_of_is_partly_the_same(links):
    kinds = {(link.area_code_from, link.area_code_to): link.mapping_quality for link in links}
    assert kinds["1230C1040", "1230C1040"] == "partial"


def test_counts_are_summed_only_where_the_parts_make_up_the_whole(links):
    onto_new = {link.mapping_quality for link in links if link.is_summable}
    assert onto_new <= {"exact", "border_only", "merged"}
    onto_old = backwards(links)
    by_quality = {link.mapping_quality for link in onto_old if link.is_summable}
    assert "merged" in by_quality
    assert {(link.area_code_from, link.area_code_to) for link in onto_old} == {
        (link.area_code_to, link.area_code_from) for link in links
    }
    weights = defaultdict(float)
    for link in onto_old:
        weights[link.area_code_from] += link.map_weight
    assert {round(weight, 12) for weight in weights.values()} == {1.0}


def test_an_area_whose_weights_nobody_delivered_has_assumed_ones(links):
    sources = {link.weight_source for link in links if link.mapping_quality in {"split", "partial"}}
    assert sources == {"assumed", "whole"}
    assert {link.weight_source for link in links if link.is_summable} == {"whole"}


def test_delivered_shares_are_taken_when_they_are_whole():
    log = [Change("A", "A", "reduced", 0.9), Change("A", "B", "part_to_existing", 0.1)]
    assert [(link.map_weight, link.weight_source) for link in mapped("AB", "AB", log)] == [
        (0.9, "delivered"), (0.1, "delivered"), (1.0, "whole"),
    ]  # fmt: skip
    half = [Change("A", "A", "reduced", 0.9), Change("A", "B", "part_to_existing", 0.3)]
    assert [link.map_weight for link in mapped("AB", "AB", half)] == [1.0, 0.0, 1.0]


def test_the_people_of_the_parts_weigh_a_clean_split_and_no_other():
    log = [Change("A", "B", "ceased_to_new"), Change("A", "C", "ceased_to_new")]
    clean = mapped("A", "BC", log, population_to={"B": 30, "C": 10})
    assert [(link.map_weight, link.weight_source) for link in clean] == [
        (0.75, "population"), (0.25, "population"),
    ]  # fmt: skip
    mixed = [*log, Change("D", "C", "part_to_new"), Change("D", "D", "reduced")]
    links = mapped("AD", "BCD", mixed, population_to={"B": 30, "C": 10, "D": 5})
    assert {link.weight_source for link in links} == {"assumed"}
    assert {link.mapping_quality for link in links} == {"partial"}


def test_two_areas_that_became_one_are_merged_and_go_back_as_a_split():
    log = [Change("A", "C", "ceased_to_new"), Change("B", "C", "ceased_to_new")]
    links = mapped("AB", "C", log)
    assert [(link.mapping_quality, link.is_summable) for link in links] == [("merged", True)] * 2
    back = backwards(links, population_from={"A": 60, "B": 40})
    assert [(link.mapping_quality, link.is_summable, link.map_weight) for link in back] == [
        ("split", False, 0.6), ("split", False, 0.4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old_codes", "new_codes", "changes"),
    [
        ("A", "AB", []),
        ("AB", "A", []),
        ("A", "A", [Change("A", "X", "part_to_new")]),
        ("A", "A", [Change("X", "A", "part_to_existing")]),
    ],
)
def test_an_area_from_nowhere_is_refused(old_codes, new_codes, changes):
    with pytest.raises(DeclarationError):
        mapped(old_codes, new_codes, changes)


def test_an_unknown_kind_of_change_is_refused():
    with pytest.raises(DeclarationError):
        change_type_of("Flyttas till havs")
