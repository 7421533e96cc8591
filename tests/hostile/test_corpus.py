"""Every file of the hostile corpus gets the verdict and the row counts of its manifest."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from tests.beside import absent, beside

from .judging import Judged, check, check_elsewhere, night, numbers_in

FOLDER = beside("hostile")
FIRST = "001_clean.csv"
CANNOT_BE_COUNTED = {"043_gzip_renamed.csv", "045_pickle_renamed.csv"}
# What the manifest calls a fault, in our words.
WORDS = {
    "ARCHIVE_PATH": "archive_path",
    "CODESET": "code_unknown",
    "COMPLETENESS": "column_empty",
    "DATE_FORMAT": "date_format",
    "DATE_FUTURE": "date_future",
    "DATE_HAS_TIME": "date_has_time",
    "DATE_INVALID": "date_invalid",
    "DATE_ORDER": "date_order",
    "DESO_MUNICIPALITY": "area_municipality_mismatch",
    "DUPLICATE_DELIVERY": "already_loaded",
    "DUPLICATE_EXACT": "duplicate_row",
    "EMPTY_DELIVERY": "no_rows",
    "ENCODING": "encoding",
    "FORMULA": "formula",
    "HEADER": "header_unrecognised",
    "HEADER_ROW": "header_row",
    "MARKUP": "markup",
    "MOJIBAKE": "mojibake",
    "NOT_CSV": "not_csv",
    "NUMBER_FORMAT": "number_format",
    "PATTERN": "pattern",
    "PII_PNR": "personal_number",
    "PII_SAMORDNING": "personal_number",
    "QUARANTINE_SHARE": "quarantine_share",
    "QUOTE_UNCLOSED": "quote_unclosed",
    "RAGGED": "ragged",
    "RANGE": "out_of_range",
    "REPLACEMENT_CHAR": "replacement_char",
    "SCHEMA_DUPLICATE": "header_duplicate",
    "SCHEMA_EXTRA": "column_undeclared",
    "TYPE": "number_format",
    "UNIT_NAME_CONFLICT": "unit_name_conflict",
    "VOLUME": "volume_drop",
}


def _manifest() -> list[dict[str, str]]:
    path = FOLDER / "manifest.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as held:
        return list(csv.DictReader(held))


CASES = _manifest()
AFTER = ("redelivery_identical", "correction", "volume_drop", "differencing_next_day")
pytestmark = pytest.mark.skipif(not CASES, reason=absent("the hostile files", "hostile"))
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])


def _paths(case: dict[str, str]) -> list[Path]:
    runs_after = case["file"].rpartition(".")[0].endswith(AFTER)
    return [FOLDER / FIRST] * runs_after + [FOLDER / case["file"]]


def _is_as_told(judged: Judged, case: dict[str, str]) -> bool:
    told = (case["verdict"], int(case["rows_loaded"]), int(case["rows_quarantined"]))
    rows = None if case["file"] in CANNOT_BE_COUNTED else int(case["rows_in"])
    found = {reason.partition(":")[0] for reason in (*judged.reasons, *judged.warnings)}
    words = {WORDS[code.partition(":")[0]] for code in case["reason_codes"].split(";") if code}
    counted = (judged.verdict, judged.rows_loaded, judged.rows_quarantined)
    return counted == told and judged.rows_in == rows and words <= found


@cases
def test_the_check_gives_the_verdict_rows_and_reasons_of_the_manifest(
    case, record_property
) -> None:
    judged, told = check(_paths(case))
    reasons = ", ".join((*judged.reasons, *judged.warnings))
    rows = f"{judged.rows_in} = {judged.rows_loaded} + {judged.rows_quarantined} aside"
    record_property("hostile", [case["file"], judged.verdict, case["verdict"], rows, reasons])
    assert _is_as_told(judged, case), judged
    assert not numbers_in(told)


@cases
def test_a_real_load_gives_the_same_and_keeps_no_personal_number(case, tmp_path) -> None:
    nights = [[(path.name, path.read_bytes())] for path in _paths(case)]
    judged, kept = night(tmp_path, nights)
    assert _is_as_told(judged, case), judged
    assert not numbers_in(kept)


@pytest.mark.long
def test_every_file_in_one_process_stays_below_500_megabytes(tmp_path) -> None:
    paths = [FOLDER / case["file"] for case in CASES]
    found, code, told, peak = check_elsewhere(paths, tmp_path)
    assert (code, len(found["files"])) == (16, len(paths))
    assert peak < 500
    assert not numbers_in(told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("names", "code", "verdict"),
    [
        ((FIRST,), 0, "accept"),
        ((FIRST, "049_redelivery_identical.csv"), 0, "reject_file"),
        (("064_bad_ages.csv",), 0, "quarantine"),
        (("057_pnr_person_id.csv",), 16, "reject_file"),
        (("047_zip_slip.zip",), 16, "reject_file"),
        ((FIRST, "051_volume_drop.csv"), 16, "reject_file"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else None,
)
def test_a_real_process_says_the_same_and_leaves_nothing_behind(
    names, code, verdict, tmp_path
) -> None:
    found, ended, told, peak = check_elsewhere([FOLDER / name for name in names], tmp_path)
    assert (ended, found["exit_code"], found["verdict"]) == (code, code, verdict)
    assert len(found["files"]) == len(names)
    assert peak < 500
    assert not numbers_in(told)
    assert list(tmp_path.iterdir()) == []


def _kept(home: Path, names: tuple[str, ...], query: str) -> list[tuple[object, ...]]:
    night(home, [[(name, (FOLDER / name).read_bytes())] for name in names])
    with duckdb.connect(str(home / "person.duckdb")) as connection:
        return connection.execute(query).fetchall()


def test_a_correction_replaces_every_row_and_adds_none(tmp_path) -> None:
    query = "select count(*), sum(cost_sek)::int, (select count(*) from raw.contact) from raw.cost"
    assert _kept(tmp_path, (FIRST, "050_correction.csv"), query) == [(20, 20_000, 20)]


def test_the_next_day_has_one_person_more(tmp_path) -> None:
    query = "select count(*), (select count(*) from raw.contact) from raw.person_surrogate"
    assert _kept(tmp_path, (FIRST, "098_differencing_next_day.csv"), query) == [(21, 21)]


def test_costs_of_one_person_in_a_month_are_added_up(tmp_path) -> None:
    total = "select count(*), round(sum(cost_sek)) from raw.cost"
    one = _kept(tmp_path / "one", ("017_one_person_20_contacts.csv",), total)
    many = _kept(tmp_path / "many", (FIRST,), total)
    assert (one[0][0], many[0][0]) == (1, 20)
    assert one[0][1] == many[0][1]


def test_a_unit_with_two_names_has_one_label(tmp_path) -> None:
    query = "select count(*), count(distinct unit_hsa_id) from raw.unit"
    assert _kept(tmp_path, ("020_unit_renamed.csv",), query) == [(4, 4)]


def test_a_diagnosis_without_its_dot_is_the_same_one(tmp_path) -> None:
    query = "select count(*) from raw.diagnosis where icd10se = 'E119' and contact_id = 'C100000'"
    assert _kept(tmp_path, ("016_icd_lowercase.csv",), query) == [(1,)]
