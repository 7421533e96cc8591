"""What stops a night and what does not, with real suites on real frames."""

from __future__ import annotations

from datetime import date

import pytest

from equity_pipeline.errors import QualityStop, exit_code_of
from equity_pipeline.quality.gate import check
from equity_pipeline.settings import DeliverySettings, Settings

AS_OF = date(2025, 1, 15)
CANARY = "199001019802"


def failed(report):
    return {(one.entity, one.check, one.column) for one in report.failed_critical}


def test_a_delivery_as_agreed_passes_every_check(gate):
    report = gate()
    assert [one for one in report.results if not one.passed] == []
    assert {one.kind for one in report.results} == {"gx", "own"}
    report.raise_if_critical()


def test_an_entity_that_was_accepted_and_has_no_row_stops_though_great_expectations_passes(gate):
    report = gate("delete from raw.individual_ses")
    assert failed(report) == {("individual_ses", "row_count", "")}
    with pytest.raises(QualityStop, match=r"ses_2023\.parquet"):
        report.raise_if_critical()


def test_an_entity_that_an_indicator_needs_stops_when_it_was_never_delivered(gate):
    assert failed(gate(needed=["telephony"])) == {("telephony", "row_count", "")}


def test_an_entity_that_nobody_needs_may_be_absent(gate):
    (row,) = [r for r in gate().of("telephony") if r.check == "row_count"]
    assert (row.passed, row.severity) == (True, "info")


def test_nothing_at_all_stops_where_a_delivery_is_expected(raw, tmp_path):
    from equity_pipeline.quality.gate import check

    for entity in ("person", "individual_ses", "contact", "delivery"):
        raw.execute(f"delete from raw.{entity}")
    expecting = Settings(deliveries=DeliverySettings(folder=tmp_path))
    report = check(raw, settings=expecting, as_of=date(2025, 1, 15))
    assert failed(report) == {("delivery", "row_count", "")}


def test_a_required_column_without_a_value_stops(gate):
    report = gate("update raw.person set sex = null")
    assert ("person", "completeness", "sex") in failed(report)


def test_a_stratifier_that_stops_being_filled_stops(gate):
    later = (
        "insert into raw.individual_ses (person_key, year, load_id) "
        "select i, 2024, 9 from range(400) r(i)"
    )
    assert ("individual_ses", "completeness", "education") in failed(gate(later))


def test_a_delivered_column_without_a_value_stops_and_an_undelivered_one_does_not(gate):
    empty = "update raw.individual_ses set education = null"
    assert failed(gate(empty)) == set()
    told = failed(gate(delivered={"individual_ses": ["education"]}))
    assert told == {("individual_ses", "completeness", "education")}


def test_a_population_of_one_single_sex_stops(gate):
    report = gate("update raw.person set sex = 'female'")
    assert failed(report) == {("person", "distinct_levels", "sex")}


def test_a_single_level_of_an_optional_stratifier_only_warns(gate):
    report = gate("update raw.individual_ses set education = 'pre_secondary'")
    assert failed(report) == set()
    assert [(o.check, o.column) for o in report.failed_warning] == [
        ("distinct_levels", "education")
    ]


def test_a_code_outside_the_vocabulary_stops(gate):
    report = gate("update raw.person set sex = '2' where person_key = 7")
    assert failed(report) == {("person", "column_values_to_be_in_set", "sex")}


def accepted(file_name, rows, delivered="2024-01-02"):
    return (
        "insert into raw.delivery (load_id, file_name, entity_names, rows_in, rows_loaded, "
        f"delivered_as_of, verdict) values (9, '{file_name}', 'contact', {rows}, {rows}, "
        f"date '{delivered}', 'accept')"
    )


def test_a_file_of_less_than_half_the_rows_of_the_one_before_stops(gate):
    assert failed(gate(accepted("contact_2023.parquet", 2000))) == set()
    again = "delete from raw.delivery where load_id = 9"
    told = failed(gate(again, accepted("contact_2023.parquet", 2001)))
    assert told == {("contact", "volume_drop", "")}


def test_a_correction_is_held_against_the_file_that_it_corrects(gate):
    correction = accepted("pas/202502/contact_2024.parquet", 400, "2025-02-02")
    assert failed(gate(correction)) == {("contact", "volume_drop", "")}


def test_a_monthly_file_is_not_held_against_a_yearly_one(gate):
    assert failed(gate(accepted("contact_202501.parquet", 40, "2025-02-02"))) == set()


def test_the_file_of_the_running_year_is_not_held_against_a_whole_year(gate):
    assert failed(gate(accepted("contact_2025.parquet", 40, "2025-02-02"))) == set()


def test_rows_that_repeat_a_key_warn_and_stop_above_one_in_a_hundred(gate):
    again = "insert into raw.contact select * from raw.contact limit {n}"
    assert [o.check for o in gate(again.format(n=10)).failed_warning] == ["unique_key"]
    assert failed(gate(again.format(n=20))) == {("contact", "unique_key", "")}


def test_contacts_of_unknown_persons_warn_and_stop_when_they_are_most(gate):
    report = gate("update raw.contact set person_key = person_key + 1000 where person_key < 40")
    assert [(o.check, o.column) for o in report.failed_warning] == [("foreign_key", "person_key")]
    report = gate("update raw.contact set person_key = person_key + 1000 where person_key < 360")
    assert failed(report) == {("contact", "foreign_key", "person_key")}


def test_a_code_that_names_its_vintage_is_known_by_the_code_itself(gate):
    areas = (
        "insert into raw.area (area_code, area_kind, vintage, year, population, load_id, "
        "share_low_education, share_employed_20_64, share_foreign_born, municipality_code, "
        "urban_rural, area_type) "
        "select 'A' || i, 'deso', 'DESO_2025', 2024, 10, 9, 0.1, 0.7, 0.2, '1280', "
        "if(i < 5, 'town', 'rural'), if(i < 5, '1', '2') from range(10) r(i)"
    )
    named = "update raw.person set area_code = area_code || '_DeSO2025'"
    linked = [one for one in gate(areas, named).results if one.check == "foreign_key"]
    assert {(one.entity, one.column, one.passed) for one in linked} >= {
        ("person", "area_code", True),
        ("contact", "area_code", True),
    }
    strange = "update raw.person set area_code = 'strange_' || area_code"
    assert ("person", "foreign_key", "area_code") in {
        (one.entity, one.check, one.column) for one in gate(strange).failed_warning
    }


def test_a_warning_does_not_stop(gate):
    report = gate(
        "update raw.contact set assessment_date = first_contact_date - 3 where contact_id = 'C1'"
    )
    assert [o.check for o in report.failed_warning] == ["column_pair_values_a_to_be_greater_than_b"]
    report.raise_if_critical()


def test_dates_in_the_wrong_order_in_more_than_one_row_of_a_hundred_stop(gate):
    report = gate(
        "update raw.contact set assessment_date = first_contact_date - 3 where person_key < 8"
    )
    check = "column_pair_values_a_to_be_greater_than_b"
    assert failed(report) == {("contact", check, "assessment_date")}


def test_no_value_of_a_row_is_in_any_result_or_message(gate):
    report = gate(
        f"update raw.person set sex = '{CANARY}', country_of_birth = '{CANARY}' "
        "where person_key = 7",
        f"update raw.contact set profession = '{CANARY}', visit_type = '{CANARY}', "
        f"contact_id = '{CANARY}' where contact_id in ('C1', 'C2')",
    )
    with pytest.raises(QualityStop) as stop:
        report.raise_if_critical()
    assert len(report.failed_critical) >= 3
    assert CANARY not in repr(report) + str(stop.value) + repr(stop.value)


def test_great_expectations_itself_is_asked_for_no_value(gate, monkeypatch):
    from equity_pipeline.quality import validate

    heard, verdict = [], validate._verdict
    monkeypatch.setattr(validate, "_verdict", lambda one: heard.append(str(one)) or verdict(one))
    gate(f"update raw.person set sex = '{CANARY}' where person_key = 7")
    assert any('"success": false' in one for one in heard)
    assert CANARY not in "".join(heard)


def test_a_stop_says_what_where_and_how_to_mend_and_ends_with_13(gate):
    with pytest.raises(QualityStop) as stop:
        gate("update raw.person set sex = null").raise_if_critical()
    assert exit_code_of(stop.value) == 13
    assert "sex" in stop.value.what
    assert stop.value.where == "raw.person (person_2023.parquet)"
    assert "again" in stop.value.mend


def test_a_check_that_cannot_be_run_is_a_critical_failure(raw):
    from equity_pipeline.quality.suites import Expectation, Suite
    from equity_pipeline.quality.validate import run_suite

    of_text = Expectation(
        "expect_column_mean_to_be_between",
        {"column": "sex", "min_value": 0, "max_value": 1},
        "info",
        "",
        ("sex",),
    )
    (result,) = run_suite(Suite("person", (of_text,)), raw)
    assert (result.passed, result.severity) == (False, "critical")
    assert result.detail == "sex: the check could not be run"


@pytest.mark.parametrize(
    "broken",
    [
        "select 1",
        "update raw.person set sex = 'x' where person_key = 399",
        "update raw.person set country_of_birth = null where person_key < 41",
        "update raw.person set country_of_birth = null where person_key < 39",
        "update raw.person set birth_year = 2024 where person_key = 3",
    ],
)
def test_the_person_file_in_chunks_has_the_same_verdict_as_whole(gate, broken):
    whole, chunked = gate(broken), gate(chunk_rows=150)
    assert chunked.results == whole.results


def test_the_progress_hears_of_the_entities_that_are_checked(gate):
    heard: list[str] = []
    gate(progress=heard.append)
    assert heard == ["person", "individual_ses", "contact"]


@pytest.mark.parametrize(("days", "passes"), [(13, True), (12, False)])
def test_an_expected_delivery_that_is_too_old_stops_the_night(raw, days, passes):
    held = Settings.model_validate({"deliveries": {"max_age_days": {"contact": days}}})
    (result,) = [one for one in check(raw, settings=held, as_of=AS_OF).results
                 if one.check == "delivery_age"]  # fmt: skip
    assert (result.severity, result.passed) == ("critical", passes)


def test_an_expected_entity_that_nobody_has_delivered_stops_the_night(raw):
    held = Settings.model_validate({"deliveries": {"max_age_days": {"survey": 400}}})
    failed = check(raw, settings=held, as_of=AS_OF).failed_critical
    assert [(one.entity, one.detail) for one in failed if one.check == "delivery_age"] == [
        ("survey", "nothing of it has been delivered")
    ]
