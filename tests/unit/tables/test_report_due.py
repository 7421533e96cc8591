"""The calendar with the dates of the agreement of 2011, as on the first of October 2012."""

from datetime import date

import pytest

from equity_pipeline.tables.report_due import report_due

DATES = {
    "delrapport-1": date(2012, 5, 31),
    "delrapport-2": date(2012, 10, 15),
    "delrapport-3": date(2013, 10, 15),
    "slutredovisning": date(2014, 5, 31),
}
TODAY = date(2012, 10, 1)


def due(today=TODAY, **handed):
    rows = [
        {"report_id": name, "due_date": day, "delivered_date": handed.get(name.replace("-", "_"))}
        for name, day in DATES.items()
    ]
    made = report_due(rows, today, "run").data.to_pylist()
    return {row["report_id"]: row for row in made}


def test_a_report_that_was_not_delivered_is_overdue():
    row = due()["delrapport-1"]
    assert (row["due_state"], row["days_until"]) == ("overdue", -123)
    assert row["due_words_sv"] == "Försenad 123 dagar"


def test_a_report_of_the_coming_fortnight_is_told_with_its_days():
    row = due()["delrapport-2"]
    assert (row["due_state"], row["days_until"]) == ("coming", 14)
    assert row["due_words_sv"] == "Kommande, 14 dagar kvar"


def test_a_delivered_report_is_delivered_and_a_late_one_says_so():
    found = due(delrapport_1=date(2012, 6, 2), delrapport_2=date(2012, 9, 1))
    assert found["delrapport-1"]["due_words_sv"] == "Lämnad efter sista dag"
    assert found["delrapport-2"]["due_words_sv"] == "Lämnad"


def test_a_day_of_delivery_in_the_future_is_no_delivery():
    assert due(delrapport_2=date(2012, 10, 10))["delrapport-2"]["due_state"] == "coming"


@pytest.mark.parametrize(("day", "state"), [(14, "coming"), (15, "coming"), (16, "overdue")])
def test_the_last_day_itself_is_not_overdue(day, state):
    assert due(date(2012, 10, day))["delrapport-2"]["due_state"] == state


def test_a_report_without_a_date_is_not_silent():
    [row] = report_due([{"report_id": "next_report_back"}], TODAY, "run").data.to_pylist()
    assert (row["due_state"], row["days_until"]) == ("date_not_decided", None)
    assert row["due_words_sv"] == "Datum ej beslutat"
