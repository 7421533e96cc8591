"""From bookings to the published table: who waits and who gave up is counted, nobody is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.cells import Asked, count_cells
from equity_pipeline.indicators.stored import read_cells
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.estimates import estimate
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.stratified import stratified
from equity_pipeline.tables.table import PersonCounts
from equity_pipeline.tables.waits import waits
from tests.formed import years

from .conftest import PERIODS, contact

AS_OF = date(2025, 1, 15)
YEAR = "r12-2024-12"
SOUGHT = date(2024, 12, 1)


def booked(contact_id, assessed=None, *, person_key=1, **more):
    return contact(
        contact_id, person_key, assessed or SOUGHT, first_contact_date=SOUGHT,
        assessment_date=assessed, visit_type="new", **more,
    )  # fmt: skip


def counted(connection: duckdb.DuckDBPyConnection, folder: Path, table: str) -> pd.DataFrame:
    """Return the cells of the one indicator that is a wait, from the facts of a connection."""
    path = folder / "cells.duckdb"
    count_cells(connection, path, load_catalogue().select(["VT03"]), asked=Asked((YEAR,)))
    with duckdb.connect(str(path), read_only=True) as cells:
        return read_cells(cells, table, "VT03", period_code=YEAR).to_pandas()


@pytest.fixture
def bookings(region):
    """Nine who sought care on one day, each with their own end; three are of two persons."""
    region.put("person", {"person_key": 2, "year": 2022, "sex": "female", "birth_year": 1950,
                          "area_code": "1280C1010", "municipality_code": "1280",
                          "death_date": date(2024, 12, 20)})  # fmt: skip
    region.put(
        "contact",
        booked("seen at once", SOUGHT),
        booked("seen", date(2024, 12, 3)),
        booked("booked after the day of the run", date(2025, 2, 1)),
        booked("without a day"),
        booked("gave up", cancelled=True, cancelled_date=date(2024, 12, 11)),
        booked("gave up, day unknown", cancelled=True),
        booked("will cancel after the day of the run", cancelled=True,
               cancelled_date=date(2025, 1, 20)),
        booked("died", person_key=2),
        booked("chose to wait", date(2024, 12, 30), patient_chosen_wait=True),
    )  # fmt: skip
    region.build(as_of=AS_OF, periods=PERIODS)
    return region.connection


def test_a_wait_without_an_end_and_one_given_up_are_counted_as_what_they_are(bookings, tmp_path):
    cells = counted(bookings, tmp_path, "waits")
    whole = cells[(cells["dimension"] == "total") & (cells["geography_level"] == "region")]
    names = ["wait_days", "n_finished", "n_waiting", "n_gave_up", "n_died"]
    assert whole[names].sort_values("wait_days").to_numpy().tolist() == [
        [0, 1, 0, 1, 0],  # gave up on a day that nobody knows: last known to wait on the first
        [2, 1, 0, 0, 0],
        [10, 0, 0, 1, 0],
        [19, 0, 0, 0, 1],
        [45, 0, 3, 0, 0],  # to the day of the run: what is booked beyond it has not happened
    ]


def test_waits_are_told_of_municipalities_and_units_too(bookings, tmp_path):
    cells = counted(bookings, tmp_path, "waits")
    cells = cells[cells["dimension"] == "total"].assign(
        n=lambda one: one[["n_finished", "n_waiting", "n_gave_up", "n_died"]].sum(axis=1)
    )
    assert cells.groupby(["geography_level", "geography_code"])["n"].sum().to_dict() == {
        ("municipality", "1280"): 8, ("region", "region"): 8, ("unit", "SE-A"): 8,
    }  # fmt: skip


def test_a_person_is_counted_once_however_many_waits_they_had(bookings, tmp_path):
    people = counted(bookings, tmp_path, "wait_persons")
    whole = people[(people["dimension"] == "total") & (people["geography_level"] == "region")]
    sides = whole.set_index("outcome")[["n_persons_with", "n_persons_without"]]
    assert set(whole["n_persons"]) == {2}
    assert {name: tuple(row) for name, *row in sides.itertuples()} == {
        "begun": (2, 0), "unfinished": (1, 2), "gave_up": (1, 2), "waiting": (2, 1),
        "within_3": (1, 2), "same_day": (1, 1), "within_90": (0, 0),
    }  # fmt: skip


# a hundred persons a level: seen the same day, on day 2, on day 9; those who wait; who gave up
LEVELS = {
    "q1": (30, 30, 30, 0, 10),
    "q2": (30, 30, 37, 0, 3),  # three gave up
    "q3": (30, 30, 20, 10, 10),
    "q4": (38, 2, 40, 10, 10),  # two were seen after a day or two
    "q5": (40, 30, 20, 0, 10),
}
DAYS = (0, 2, 9, 40, 5)
ENDS = ("assessed", "assessed", "assessed", "waiting", "gave_up")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """T1b as it comes through the door, by level of income, with the rows that it was made from."""
    rows = [
        (level, day, end)
        for level, numbers in LEVELS.items()
        for number, day, end in zip(numbers, DAYS, ENDS, strict=True)
        for _ in range(number)
    ]
    with duckdb.connect() as connection:
        connection.execute("create schema mart")
        connection.execute(
            f"create table mart.fct_contact as select '{YEAR}' as period_code, person_key,"
            " 'unit-' || (person_key % 9) as cluster_key, 'female' as sex, '60-64' as age_group,"
            " 'none' as morbidity, income_quintile, 'new' as visit_type, true as licensed,"
            " true as guarantee_covered, false as patient_chosen_wait, cancelled, waited_days,"
            " wait_status, wait_days from (select unnest($person) as person_key, unnest($level)"
            " as income_quintile, unnest($day) as waited_days, unnest($end) as wait_status,"
            " wait_status = 'gave_up' as cancelled,"
            " case when wait_status = 'assessed' then waited_days end as wait_days)",
            {
                "person": [*range(len(rows))],
                **{
                    name: [row[at] for row in rows]
                    for at, name in enumerate(("level", "day", "end"))
                },
            },
        )
        path = tmp_path_factory.mktemp("waits") / "cells.duckdb"
        declared = load_catalogue().select(["VT03"])
        count_cells(connection, path, declared, asked=Asked((YEAR,)))
    with duckdb.connect(str(path), read_only=True) as cells:
        made = through_the_door(cells)
    return {(one["dimension"], one["level"]): one for one in made.tables["waits"].data.to_pylist()}


def through_the_door(cells):
    [declared] = load_catalogue().select(["VT03"])

    class Held:
        def of(self, table, indicator_id, *, period_code=None):
            return read_cells(cells, table, indicator_id, period_code=period_code)

    persons = cells.sql("from persons order by all").df()
    lacking = cells.sql("from missing order by all").df()
    spans = years([YEAR])
    context = FormContext("a", "12", "R", spans, {"VT03": declared}, persons, lacking, YEAR)
    made = estimate(lambda one: Held().of("one_way", one), [declared], standard_period=YEAR)
    first = stratified(made, context)
    form = waits(Given(context, made, Held(), {}, {"stratified": first}))
    period = {YEAR: (spans["period_start"][0], spans["period_end"][0])}
    counts = PersonCounts.of(persons, periods=period, geography_code="12")
    return disclose(
        {"stratified": first, "waits": form.tables["waits"]},
        PersonCounts.joined([counts, form.persons]),
        DisclosurePolicy(),
        kinds={"VT03": "mean", **form.kinds},
    )


def of_income(published, name):
    return {
        level: row[name] for (dimension, level), row in published.items()
        if dimension == "income_quintile"
    }  # fmt: skip


def test_medians_come_through_the_door_with_their_limits(published):
    assert of_income(published, "median_days") == {
        "q1": 2.0, "q2": 2.0, "q3": 2.0, "q4": 9.0, "q5": 2.0,
    }  # fmt: skip
    whole = published["total", "all"]
    assert (whole["n_waits"], whole["n_finished"], whole["n_gave_up"]) == (500, 437, 43)
    assert whole["median_days_lower"] <= whole["median_days"] <= whole["median_days_upper"]


def test_three_who_gave_up_cannot_be_computed_from_those_of_other_levels(published):
    for name in ("n_persons", "n_waits", "n_finished", "n_waiting", "n_gave_up"):
        hidden = {level for level, n in of_income(published, name).items() if n is None}
        # the total is shown: one level alone would be computed from it
        assert "q2" in hidden and 2 <= len(hidden) < 5, name


def test_two_shares_whose_difference_is_two_persons_do_not_both_stand(published):
    soon = of_income(published, "share_within_0")
    assert soon["q4"] is None
    assert sum(one is None for one in soon.values()) >= 2
    assert of_income(published, "share_within_3")["q4"] == 0.4


def test_no_count_of_waits_by_day_is_published(published):
    names = set(published["total", "all"])
    assert "wait_days" not in names
    assert not [one for one in names if one.startswith(("min", "max"))]
