"""Decisions: the workbook goes out, people fill it in, it is read back, and every rule holds."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.errors import ConfigurationError, DeliveryRefused, WarehouseError
from equity_pipeline.extracts.decision_cells import COMPUTED, WRITTEN, heading
from equity_pipeline.extracts.decision_store import FILE
from equity_pipeline.extracts.decision_workbook import GUIDE, LISTS, SHEET
from equity_pipeline.pipeline import deciding
from equity_pipeline.settings import RunSettings, Settings
from equity_pipeline.tables.table import conform

CASE = {
    "run_id": "run-1", "version": 0, "is_newest": True, "period_start": date(2024, 1, 1),
    "period_end": date(2025, 1, 1), "indicator_id": "TG07", "indicator_name_sv": "Fast läkare",
    "unit_of_measure": "percent", "definition_hash": "abc", "dimension": "income_quintile",
    "dimension_label_sv": "Inkomst", "focus_level": "q1", "focus_label_sv": "Lägsta femtedelen",
    "reference_level": "q5", "reference_label_sv": "Högsta femtedelen",
    "population_base": "listed", "adjustment": "need_b", "evidence_ref": "Källa",
    "status": "candidate", "auto_grade": "candidate_a", "gap_harm": 0.10,
    "gap_harm_lower": 0.08, "gap_harm_upper": 0.12, "mid": 0.03, "n_clusters": 40,
    "evidence_state": "established_important", "importance_size": 3, "importance_persons": 2,
    "importance_duration": 1, "detectable_narrowing": 0.04, "detectable_by": date(2026, 2, 1),
}  # fmt: skip
FIRST, SECOND, THIRD = "TG07/income_quintile/q1/listed", "UP01/sex/female/respondents", "x"
UNDER = {"status": "Granskas"}
JUDGED = {
    "status": "Granskad", "verdict": "Omotiverad", "reviewer_1_role": "Epidemiologi",
    "reviewer_2_role": "Socialmedicin", "reviewer_1_name": "Namn Ett",
    "reviewed_date": date(2025, 2, 1), "evidence_of_benefit": 3,
    "evidence_of_benefit_ref": "Nationella riktlinjer", "medical_explanation_tested": "Ja",
    "preference_tested": "Ja", "ethical_platform": "Skillnaden strider mot plattformen",
    "importance_persons": 2, "importance_severity": 2,
}  # fmt: skip
DECIDED = JUDGED | {
    "status": "Beslutad", "recommendation_sv": "Öka tillgängligheten",
    "action_level": "Generell, anpassad efter behov", "owner": "Primärvården",
    "equality_impact_gains": "Lägsta femtedelen", "equality_impact_widening": "Liten risk",
    "equality_impact_stigma": "Ingen", "equality_impact_level": "Låg delning mellan grupper",
    "equality_impact_displacement": "Ingen undanträngning", "decision_ref": "2024-POL000185",
    "decision_paragraph": "§ 85", "decision_body": "Nämnden",
    "decision_date": date(2025, 3, 1), "target_value": 0.03,
    "report_back_by": date(2026, 5, 31),
}  # fmt: skip


@pytest.fixture
def settings(tmp_path):
    return Settings(run=RunSettings(home=tmp_path / "home"))


@pytest.fixture
def release(settings):
    """Return a function that puts a release with cases where the current one is read."""

    def make(run_id="run-1", versions=None, **first):
        rows = [
            CASE | {"case_id": FIRST} | first,
            CASE | {"case_id": SECOND, "indicator_id": "UP01", "evidence_ref": None},
            CASE | {"case_id": THIRD, "auto_grade": "no_candidate", "status": None},
        ]
        for row in rows:
            row["version"] = (versions or {}).get(row["case_id"], 0)
        folder = settings.current
        folder.mkdir(parents=True, exist_ok=True)
        table = conform("decision_register", pa.Table.from_pylist(rows))
        pq.write_table(table, folder / "decision_register.parquet")
        (folder / "datapackage.json").write_text(json.dumps({"run": {"run_id": run_id}}), "utf-8")

    make()
    return make


def written(settings, to=None, *, every=False):
    return Path(deciding.export(settings, to, every=every)["workbook"])


def fill(path, case, values):
    """Write into the workbook as people do: under the Swedish heading, in the row of the case."""
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    places = {cell.value: cell.column for cell in sheet[1]}
    names = [sheet.cell(row, 1).value for row in range(1, sheet.max_row + 1)]
    for name, value in values.items():
        sheet.cell(names.index(case) + 1, places[heading(name)]).value = value
    book.save(path)
    return path


def judge(settings, values, case=FIRST):
    path = written(settings)
    return deciding.read_back(settings, fill(path, case, values))


def refused(settings, values, case=FIRST):
    with pytest.raises(ExceptionGroup) as told:
        judge(settings, values, case)
    return [(one.where, one.what, one.mend) for one in told.value.exceptions]


def columns(faults):
    return {where.rsplit("column ", 1)[1] for where, _, _ in faults}


def test_the_workbook_holds_the_candidates_with_locked_figures_and_lists(settings, release):
    made = deciding.export(settings)
    assert made["cases"] == 2
    book = openpyxl.load_workbook(made["workbook"])
    assert book.sheetnames == [SHEET, GUIDE, LISTS]
    assert book[LISTS].sheet_state == "hidden"
    sheet = book[SHEET]
    assert [cell.value for cell in sheet[1]] == [heading(n) for n in (*COMPUTED, *WRITTEN)]
    locked = [cell.protection.locked for cell in sheet[2]]
    assert locked == [True] * len(COMPUTED) + [False] * len(WRITTEN)
    assert all(one.protection.sheet for one in book.worksheets)
    lists = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert len(lists) == 9
    assert deciding.export(settings, every=True)["cases"] == 3


def test_an_untouched_workbook_adds_nothing(settings, release):
    path = written(settings)
    made = deciding.read_back(settings, path)
    assert (made.added, made.unchanged) == ((), 2)
    assert not (settings.decisions / FILE).exists()


def test_a_judged_row_becomes_a_version_with_a_derived_grade(settings, release):
    made = judge(settings, JUDGED)
    assert made.added == ((FIRST, 1, "reviewed"),)
    [told] = deciding.listed(settings)
    assert (told["verdict"], told["grade"]) == ("unwarranted", "A")
    [entry] = deciding.register_frame(settings).to_dict("records")
    assert (entry["gap_then"], entry["then_period_end"]) == (0.10, date(2025, 1, 1))
    assert entry["reviewer_1_name"] == "Namn Ett"


def test_every_import_adds_and_none_overwrites(settings, release):
    judge(settings, UNDER)
    before = (settings.decisions / FILE).read_bytes()
    release(versions={FIRST: 1}, status="under_review")
    judge(settings, JUDGED)
    assert (settings.decisions / FILE).read_bytes().startswith(before)
    history = deciding.listed(settings, history=True)
    assert [(one["version"], one["status"]) for one in history] == [
        (1, "under_review"), (2, "reviewed"),
    ]  # fmt: skip


def test_a_case_is_decided_step_by_step(settings, release):
    judge(settings, JUDGED)
    release(versions={FIRST: 1}, status="reviewed")
    judge(settings, JUDGED | {"status": "Föreslagen"})
    release(versions={FIRST: 2}, status="proposed")
    judge(settings, DECIDED)
    [told] = deciding.listed(settings)
    assert (told["status"], told["decision_ref"]) == ("decided", "2024-POL000185")


@pytest.mark.parametrize("role", [None, "Epidemiologi"], ids=["none", "the same"])
def test_unwarranted_needs_two_reviewers_of_different_competence(settings, release, role):
    found = refused(settings, JUDGED | {"reviewer_2_role": role})
    assert columns(found) == {heading("reviewer_2_role")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("evidence_of_benefit", 0),
        ("medical_explanation_tested", "Delvis"),
        ("preference_tested", "Nej"),
        ("ethical_platform", "Oklart"),
        ("importance_severity", None),
    ],
)
def test_unwarranted_needs_each_of_its_criteria(settings, release, name, value):
    assert columns(refused(settings, JUDGED | {name: value})) == {heading(name)}


def test_probably_unwarranted_allows_what_is_partly_tested(settings, release):
    judge(settings, JUDGED | {"verdict": "Troligen omotiverad", "preference_tested": "Delvis"})
    assert deciding.listed(settings)[0]["grade"] == "B"


def test_an_indicator_without_evidence_gets_no_verdict_but_unclear(settings, release):
    assert heading("verdict") in columns(refused(settings, JUDGED, SECOND))
    judge(settings, JUDGED | {"verdict": "Oklar, behöver fördjupas"}, SECOND)
    assert deciding.listed(settings)[0]["grade"] == "D"


def test_data_that_cannot_be_assessed_get_no_verdict_but_unclear(settings, release):
    release(auto_grade="not_assessable", status="candidate", versions={FIRST: 0})
    path = written(settings, every=True)
    with pytest.raises(ExceptionGroup) as told:
        deciding.read_back(settings, fill(path, FIRST, JUDGED))
    assert heading("verdict") in str(told.value.exceptions[0].where)


@pytest.mark.parametrize(
    "name",
    [
        "equality_impact_gains", "equality_impact_widening", "equality_impact_stigma",
        "equality_impact_level", "equality_impact_displacement", "owner", "target_value",
    ],
)  # fmt: skip
def test_each_impact_field_must_be_written_before_a_case_is_decided(settings, release, name):
    judge(settings, JUDGED)
    release(versions={FIRST: 1}, status="reviewed")
    judge(settings, {"status": "Föreslagen"} | {n: v for n, v in JUDGED.items() if n != "status"})
    release(versions={FIRST: 2}, status="proposed")
    assert columns(refused(settings, DECIDED | {name: None})) == {heading(name)}


@pytest.mark.parametrize("ref", ["POL000185", "2024-pol000185", "2024-POL00018", "24-POL000185"])
def test_a_reference_number_has_its_pattern(settings, release, ref):
    assert columns(refused(settings, UNDER | {"decision_ref": ref})) == {heading("decision_ref")}


def test_a_paragraph_has_its_pattern(settings, release):
    found = refused(settings, UNDER | {"decision_paragraph": "85"})
    assert columns(found) == {heading("decision_paragraph")}


def test_a_step_cannot_be_skipped(settings, release):
    assert heading("status") in columns(refused(settings, DECIDED))


def closing(settings, release, **more):
    judge(settings, JUDGED)
    for version, (status, code) in enumerate(
        [("Föreslagen", "reviewed"), ("Beslutad", "proposed"), ("Pågår", "decided")], start=1
    ):
        release(versions={FIRST: version}, status=code)
        judge(settings, DECIDED | {"status": status})
    release(versions={FIRST: 4}, status="ongoing", **more)


def test_a_case_is_not_closed_without_a_reason_when_the_target_is_missed(settings, release):
    closing(settings, release)
    done = DECIDED | {"status": "Klar", "result": "Målet är nått"}
    assert columns(refused(settings, done)) == {heading("reason_if_not_reached")}
    judge(settings, done | {"reason_if_not_reached": "Åtgärden kom sent"})
    assert deciding.listed(settings)[0]["status"] == "closed"


def test_a_case_with_its_target_reached_is_closed_without_a_reason(settings, release):
    closing(settings, release, gap_harm=0.02, gap_harm_lower=0.01)
    judge(settings, DECIDED | {"status": "Klar", "result": "Målet är nått"})
    assert deciding.listed(settings)[0]["result"] == "reached"


def test_a_result_that_was_not_reached_needs_a_reason(settings, release):
    closing(settings, release, gap_harm=0.02, gap_harm_lower=0.01)
    found = refused(settings, DECIDED | {"status": "Pågår", "result": "Målet är inte nått"})
    assert columns(found) == {heading("reason_if_not_reached")}


def test_a_closed_case_has_a_result(settings, release):
    closing(settings, release, gap_harm=0.02, gap_harm_lower=0.01)
    assert columns(refused(settings, DECIDED | {"status": "Klar"})) == {heading("result")}


def test_all_faults_are_told_together_with_sheet_row_column_and_how_to_mend(settings, release):
    wrong = JUDGED | {"importance_severity": 4, "reviewed_date": "i går", "verdict": "Kanske"}
    found = refused(settings, wrong)
    assert len(found) >= 3
    assert all("sheet Ärenden, row 2, column " in where for where, _, _ in found)
    assert all(mend for _, _, mend in found)
    assert not (settings.decisions / FILE).exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("gap_harm", 0.01), ("case_id", "another"), ("grade", "A"), ("detectable_by", "=1+1")],
)
def test_a_computed_value_that_was_changed_is_refused(settings, release, name, value):
    assert refused(settings, {name: value})


def test_a_formula_in_a_field_is_refused(settings, release):
    [(_, what, _)] = refused(settings, UNDER | {"owner": '=HYPERLINK("x")'})
    assert what == "A formula stands here."


def test_a_personal_number_in_a_text_is_refused_and_not_repeated(settings, release):
    with pytest.raises(ExceptionGroup) as told:
        judge(settings, UNDER | {"recommendation_sv": "se 191212121212"})
    assert "191212121212" not in "".join(str(one) for one in told.value.exceptions)


def test_a_text_that_begins_with_a_formula_sign_stays_text(settings, release):
    judge(settings, UNDER | {"qualitative_ref": "-minus", "owner": "+plus"})
    entry = deciding.register_frame(settings).iloc[0]
    assert (entry["qualitative_ref"], entry["owner"]) == ("-minus", "+plus")
    release(versions={FIRST: 1}, owner="=1+1", status="under_review")
    path = written(settings)
    sheet = openpyxl.load_workbook(path)[SHEET]
    place = [cell.value for cell in sheet[1]].index(heading("owner"))
    assert (sheet[2][place].value, sheet[2][place].data_type) == ("=1+1", "s")


def test_a_case_that_was_judged_meanwhile_is_not_judged_from_an_old_workbook(settings, release):
    path = fill(written(settings), FIRST, JUDGED)
    other = written(settings, settings.run.home / "other.xlsx")
    deciding.read_back(settings, fill(other, FIRST, UNDER))
    with pytest.raises(ExceptionGroup) as told:
        deciding.read_back(settings, path)
    assert heading("version") in told.value.exceptions[0].where


def test_a_workbook_of_another_release_is_refused(settings, release):
    path = written(settings)
    release("run-2")
    with pytest.raises(DeliveryRefused, match="a release that is not kept"):
        deciding.read_back(settings, path)


def test_without_a_release_there_is_nothing_to_judge(settings):
    with pytest.raises(ConfigurationError, match="no release"):
        deciding.export(settings)


@pytest.mark.parametrize("what", ["missing", "text", "empty"])
def test_what_is_no_workbook_of_decisions_is_refused(settings, release, tmp_path, what):
    path = tmp_path / "a.xlsx"
    if what == "text":
        path.write_text("no", "utf-8")
    if what == "empty":
        openpyxl.Workbook().save(path)
    with pytest.raises(DeliveryRefused, match="cannot be read"):
        deciding.read_back(settings, path)


@pytest.mark.parametrize("harm", ["changed", "cut", "lost", "torn"])
def test_a_register_that_was_harmed_is_refused(settings, release, harm):
    judge(settings, UNDER)
    release(versions={FIRST: 1}, status="under_review")
    judge(settings, JUDGED)
    path = settings.decisions / FILE
    text = path.read_text("utf-8")
    first, second = text.splitlines(keepends=True)
    path.write_text(
        {"changed": text.replace("Namn Ett", "Namn Två"), "cut": text[:-1], "lost": second,
         "torn": first + second[: len(second) // 2]}[harm],
        "utf-8",
    )  # fmt: skip
    with pytest.raises(WarehouseError, match="not whole"):
        deciding.listed(settings)


def test_the_workbook_shows_names_to_those_who_judge(settings, release):
    judge(settings, JUDGED)
    release(versions={FIRST: 1}, status="reviewed")
    sheet = openpyxl.load_workbook(written(settings))[SHEET]
    place = [cell.value for cell in sheet[1]].index(heading("reviewer_1_name"))
    assert sheet[2][place].value == "Namn Ett"
