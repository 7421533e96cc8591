"""Care Need Index: Statistics Sweden's worked example, what is missing, and what it is not for."""

from __future__ import annotations

import csv
import math

import pytest

from equity_pipeline.areas.cni import care_need_index, cni_items, reference_mean
from equity_pipeline.errors import MethodError
from equity_pipeline.indicators.never import forbidden
from tests.beside import absent, beside

FIXTURES = beside("fixtures")
# the printed index of both units follows from any reference between 2.47607 and 2.47622
REFERENCE = 2.47614


def example():
    path = FIXTURES / "cni" / "scb_cni_example.csv"
    if not path.exists():
        pytest.skip(absent("the figures of the worked example", "fixtures"))
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    return rows, {name: [float(row[name]) for row in rows] for name in cni_items()}


def one_unit(**more):
    return {name: [10.0] for name in cni_items()} | more


def test_every_unit_of_the_worked_example_has_its_printed_index():
    rows, counts = example()
    need = care_need_index(counts, [float(row["population"]) for row in rows], reference=REFERENCE)
    assert len(rows) >= 2
    assert [f"{value:.4f}" for value in need.values] == [row["cni"] for row in rows]


def test_the_weighted_sums_are_the_printed_ones_whose_decimals_were_cut():
    rows, counts = example()
    need = care_need_index(counts, [float(row["population"]) for row in rows], reference=REFERENCE)
    assert [str(math.floor(value)) for value in need.weighted_sums] == [
        row["index_weighted_sum"] for row in rows
    ]
    assert [round(value, 2) for value in need.weighted_sums[:2]] == [22709.42, 7869.74]


def test_the_units_together_have_the_index_one_when_they_are_their_own_reference():
    counts = {name: [5.0 * n, 3.0 * n, 1.0] for n, name in enumerate(cni_items(), start=1)}
    people = [200.0, 900.0, 50.0]
    need = care_need_index(counts, people)
    weighted = sum(value * persons for value, persons in zip(need.values, people, strict=True))
    assert weighted / sum(people) == pytest.approx(1)
    assert need.reference_mean == reference_mean(counts, people)


def test_a_unit_that_lacks_an_item_has_no_index_and_says_why():
    counts = {name: [10.0, 10.0] for name in cni_items()}
    counts["age_under_5"] = [10.0, None]
    need = care_need_index(counts, [100.0, 100.0])
    assert need.values == (pytest.approx(1), None)
    assert need.reasons == (None, "missing_items: age_under_5")


def test_nobody_listed_is_no_index_and_no_division():
    assert care_need_index(one_unit(), [0], reference=2.5).reasons == ("no_population",)


def test_noise_in_published_counts_is_taken_as_it_is():
    noisy = one_unit(age_under_5=[-2.0], low_education_25_64=[130.0])
    need = care_need_index(noisy, [100.0], reference=1.0)
    expected = -2 * 3.23 + 130 * 3.97 + 10 * (5.72 + 6.15 + 4.19 + 4.19 + 5.13)
    assert need.values[0] == pytest.approx(expected / 100)


@pytest.mark.parametrize(
    ("counts", "population", "reference"),
    [
        ({"age_under_5": [1.0]}, [10.0], 1.0),
        (one_unit(low_income=[1.0]), [10.0], 1.0),
        (one_unit(), [10.0, 20.0], 1.0),
        (one_unit(age_under_5=[math.inf]), [10.0], 1.0),
        (one_unit(age_under_5=["many"]), [10.0], 1.0),
        (one_unit(), [10.0], 0.0),
        (one_unit(), [10.0], math.nan),
        (one_unit(age_under_5=[None]), [10.0], None),
    ],
)
def test_what_is_not_the_index_is_refused(counts, population, reference):
    with pytest.raises(MethodError):
        care_need_index(counts, population, reference=reference)


def test_the_index_and_its_items_are_never_adjusted_for():
    assert forbidden("cni")
    assert forbidden("unit_cni")
    assert forbidden("area_cni_quintile")
    assert [n for n in ("born_e_europe_africa_asia_s_america", "low_education_25_64",
                        "age_65plus_living_alone") if not forbidden(n)] == []  # fmt: skip
