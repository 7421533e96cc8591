"""Every delivered row is loaded, quarantined or refused, and every file stands whole or not."""

import hashlib
import json
import stat
import zipfile
from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest

from equity_pipeline.deliveries.land import create_raw_schema, load, take
from equity_pipeline.deliveries.layouts.layout import read_layout
from equity_pipeline.errors import (
    ConfigurationError,
    DeliveryRefused,
    WarehouseError,
    exit_code_of,
)
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary

BAD = "C{i};p1;2024-02-28;2024-03-01;Nej;"


def test_all_entities_are_tables_even_when_nothing_is_delivered() -> None:
    with duckdb.connect() as connection:
        report = load(Settings(), connection, as_of=date(2025, 1, 15))
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'raw'"
        ).fetchall()
    assert report.files == ()
    books = {"person_surrogate", "delivery", "delivery_name", "delivery_month", "quarantine"}
    assert {name for (name,) in names} == set(vocabulary().entities) | books


def test_the_schema_is_made_once_and_checked_afterwards() -> None:
    with duckdb.connect() as connection:
        create_raw_schema(connection)
        create_raw_schema(connection)
        connection.execute("alter table raw.person drop column sex")
        with pytest.raises(WarehouseError, match=r"raw\.person"):
            create_raw_schema(connection)


@pytest.mark.parametrize("key", ["purpose", "legal_basis", "owner"])
def test_nothing_is_read_without_a_purpose_a_legal_basis_and_an_owner(delivery, key) -> None:
    delivery.contacts(1)
    delivery.values[key] = " "
    with pytest.raises(ConfigurationError, match=key):
        delivery.load()


def test_a_folder_that_is_not_there_is_a_fault_of_the_configuration(delivery, tmp_path) -> None:
    delivery.values["folder"] = tmp_path / "nowhere"
    with pytest.raises(ConfigurationError, match="nowhere"):
        delivery.load()


def test_good_rows_are_loaded_with_their_place_in_the_file(delivery) -> None:
    delivery.contacts(2)
    report = delivery.load()
    assert (report.rows_in, report.rows_loaded, report.files[0].verdict) == (2, 2, "accept")
    assert report.files[0].entities == {"contact": 2}
    rows = delivery.rows(
        "select contact_id, person_key, contact_date, missed, load_id, row_number from raw.contact"
    )
    assert rows == [
        ("C0", 1, date(2024, 3, 5), False, 1, 1),
        ("C1", 2, date(2024, 3, 5), False, 1, 2),
    ]


def test_bad_rows_are_set_aside_with_a_reason_and_no_value(delivery) -> None:
    delivery.contacts(18, BAD.format(i=90), "C91;p1")
    report = delivery.load()
    assert report.files[0].reasons == {"ragged": 1, "wait_negative": 1}
    assert (report.rows_in, report.rows_loaded, report.rows_quarantined) == (20, 18, 2)
    rows = delivery.rows("select row_number, reason, length(row_hash) from raw.quarantine")
    assert rows == [(19, "wait_negative", 64), (20, "ragged", 64)]


def test_the_rows_themselves_stand_only_in_the_protected_area(delivery) -> None:
    delivery.contacts(19, BAD.format(i=90))
    delivery.load()
    (held,) = delivery.settings.quarantine.iterdir()
    assert stat.S_IMODE(held.stat().st_mode) == 0o600
    assert stat.S_IMODE(held.parent.stat().st_mode) == 0o700
    row = json.loads(pq.read_table(held).to_pylist()[0]["row"])
    assert row["contact_id"] == "C90"


@pytest.mark.parametrize(("bad", "verdict"), [(4, "quarantine"), (5, "reject_file")])
def test_exactly_the_limit_still_loads_and_one_more_refuses_the_file(
    delivery, bad, verdict
) -> None:
    delivery.contacts(20 - bad, *(BAD.format(i=90 + i) for i in range(bad)))
    report = delivery.load()
    assert report.files[0].verdict == verdict
    assert delivery.rows("select count(*) from raw.contact") == [
        (16 if verdict == "quarantine" else 0,)
    ]
    assert report.rows_in == report.rows_loaded + report.rows_quarantined + report.rows_refused


def test_a_file_of_bad_rows_is_refused_at_any_limit(delivery) -> None:
    delivery.limit = 1.0
    delivery.contacts(0, BAD.format(i=1))
    assert delivery.load().files[0].verdict == "reject_file"


def test_a_refused_file_stops_no_other_but_stops_the_night(delivery) -> None:
    delivery.contacts(2)
    delivery.write("contact_b.csv", "a;b\n1;2\n")
    delivery.write("strange.txt", "?")
    report = delivery.load()
    assert [file.verdict for file in report.files] == ["accept", "reject_file", "reject_file"]
    with pytest.raises(ExceptionGroup) as caught:
        report.raise_if_refused()
    assert exit_code_of(caught.value) == 16
    assert [one.where for one in caught.value.exceptions] == ["contact_b.csv", "strange.txt"]


def test_one_refused_file_says_why_and_how_to_mend_it(delivery) -> None:
    delivery.write("strange.txt", "?")
    with pytest.raises(DeliveryRefused) as caught:
        delivery.load().raise_if_refused()
    assert "no_layout_matches" in str(caught.value)
    assert "layout" in caught.value.mend


def test_nothing_refused_raises_nothing(delivery) -> None:
    delivery.contacts(1)
    delivery.load().raise_if_refused()


def test_what_stands_beside_the_data_is_left_aside(delivery) -> None:
    delivery.contacts(1)
    for name in ("README", "README.md", "truth.json"):
        delivery.write(name, "words")
    assert len(delivery.load().files) == 1


def test_the_same_bytes_are_loaded_once(delivery) -> None:
    delivery.contacts(3)
    delivery.load()
    again = delivery.load()
    assert [file.verdict for file in again.files] == ["already_loaded"]
    assert (again.rows_in, again.rows_refused, dict(again.reasons)) == (3, 3, {"already_loaded": 3})
    assert delivery.rows("select count(*) from raw.contact") == [(3,)]
    again.raise_if_refused()


def test_the_same_bytes_under_another_name_are_loaded_once(delivery) -> None:
    delivery.contacts(3)
    delivery.contacts(3, name="contact_b.csv")
    assert [file.verdict for file in delivery.load().files] == ["accept", "already_loaded"]


def test_a_mended_layout_loads_the_same_bytes_again_in_their_place(delivery) -> None:
    delivery.contacts(3)
    delivery.load()
    delivery.layout = delivery.layout.replace("C[0-9]+", "C[0-9]{1,9}")
    assert delivery.load().files[0].verdict == "accept"
    assert delivery.rows("select count(*), min(load_id) from raw.contact") == [(3, 2)]


def test_a_correction_replaces_the_file_of_the_same_name_and_keeps_the_history(delivery) -> None:
    delivery.contacts(3, name="pas/202401/contact.csv")
    delivery.load()
    delivery.contacts(2, name="pas/202402/contact.csv")
    delivery.load()
    assert delivery.rows("select count(*), min(load_id) from raw.contact") == [(2, 2)]
    assert delivery.rows("select file_name, rows_loaded from raw.delivery order by load_id") == [
        ("pas/202401/contact.csv", 3),
        ("pas/202402/contact.csv", 2),
    ]


def test_the_same_key_in_another_file_replaces_the_row(delivery) -> None:
    delivery.contacts(3)
    delivery.contacts(0, "C1;p001;2024-03-09;2024-03-01;Ja;", name="contact_b.csv")
    delivery.load()
    rows = delivery.rows("select contact_id, missed from raw.contact order by all")
    assert rows == [("C0", False), ("C1", True), ("C2", False)]


def test_duplicates_are_told_apart_and_the_first_is_kept(delivery) -> None:
    same, other = "C0;p000;2024-03-05;2024-03-01;Nej;", "C0;p000;2024-03-06;2024-03-01;Nej;"
    delivery.contacts(18, same, other)
    report = delivery.load()
    assert report.files[0].reasons == {"duplicate_key": 1, "duplicate_row": 1}
    dates = delivery.rows("select contact_date from raw.contact where contact_id = 'C0'")
    assert dates == [(date(2024, 3, 5),)]


def test_persons_keep_their_key_over_loads_and_get_it_in_sorted_order(delivery) -> None:
    delivery.contacts(0, "C1;pb;2024-03-05;;Nej;", "C2;pa;2024-03-05;;Nej;")
    delivery.load()
    row = "C3;{};2024-03-05;;Nej;"
    delivery.contacts(
        0, row.format("pb"), row.format("p0")[:1] + "4;p0;2024-03-05;;Nej;", name="contact_b.csv"
    )
    delivery.load()
    held = delivery.rows("select person_id, person_key from raw.person_surrogate order by 2")
    assert held == [("pa", 1), ("pb", 2), ("p0", 3)]
    assert delivery.rows("select person_key from raw.contact where contact_id = 'C3'") == [(2,)]


def test_the_order_of_rows_and_files_changes_no_content(delivery, tmp_path) -> None:
    lines = [f"C{i};p{i % 3};2024-03-05;2024-03-01;Nej;" for i in range(6)]
    query = "select contact_id, person_key from raw.contact order by all"
    delivery.contacts(0, *lines)
    delivery.load()
    first = delivery.rows(query)
    delivery.contacts(0, *reversed(lines))
    delivery.load()
    assert delivery.rows(query) == first


def test_a_wholly_empty_required_column_refuses_the_file(delivery) -> None:
    delivery.contacts(0, "C1; ;2024-03-05;;Nej;")
    assert "column_empty:person_id" in delivery.load().files[0].reasons


PERSON = """
name = "persons"
[[file]]
pattern = "visits.csv"
dates = ["%Y-%m-%d"]
[[file.entity]]
entity = "contact"
[file.entity.columns]
missed = { constant = "false", reason = "not delivered" }
[[file.entity]]
entity = "person"
distinct = "WHICH"
distinct_by = "contact.contact_date"
[file.entity.columns]
year = { constant = "2024", reason = "one year" }
"""
VISITS = (
    "contact_id;person_id;contact_date;sex;birth_year\n"
    "C1;p1;2024-05-01;female;1980\nC2;p1;2024-06-01;female;1981\nC3;p1;2024-04-01;female;1979\n"
)


@pytest.mark.parametrize(("which", "born"), [("latest", 1981), ("first", 1979)])
def test_a_person_repeated_over_rows_is_taken_once(delivery, which, born) -> None:
    delivery.layout = PERSON.replace("WHICH", which)
    delivery.write("visits.csv", VISITS)
    assert delivery.load().files[0].entities == {"contact": 3, "person": 1}
    assert delivery.rows("select birth_year from raw.person") == [(born,)]


def _manifest(delivery, **listed) -> None:
    held = {"source": "pas", "files": [listed], "extracted_at": "2025-01-02T03:04:05"}
    delivery.write("manifest.json", json.dumps(held))


def test_a_manifest_that_counts_right_lets_the_file_in_and_dates_it(delivery) -> None:
    path = delivery.contacts(2)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    _manifest(delivery, name=path.name, rows=2, sha256=digest)
    assert delivery.load().files[0].verdict == "accept"
    assert delivery.rows("select delivered_as_of from raw.delivery") == [(date(2025, 1, 2),)]


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        ({"name": "contact.csv", "rows": 3}, "manifest_rows"),
        ({"name": "contact.csv", "sha256": "0" * 64}, "manifest_sha256"),
        ({"name": "other.csv"}, "manifest_unlisted"),
        ({"rows": 2}, "manifest_invalid"),
    ],
)
def test_a_manifest_that_says_otherwise_refuses_the_file(delivery, listed, reason) -> None:
    delivery.contacts(2)
    _manifest(delivery, **listed)
    report = delivery.load()
    assert list(report.files[0].reasons) == [reason]
    assert delivery.rows("select count(*) from raw.contact") == [(0,)]


def test_a_listed_file_that_nobody_delivered_is_refused_by_name(delivery) -> None:
    delivery.contacts(1)
    held = {"files": [{"name": "contact.csv"}, {"name": "contact_late.csv"}]}
    delivery.write("manifest.json", json.dumps(held))
    last = delivery.load().files[-1]
    assert (last.name, list(last.reasons)) == ("contact_late.csv", ["manifest_file_absent"])


def test_a_manifest_alone_is_a_delivery_that_did_not_come(delivery) -> None:
    delivery.write("manifest.json", json.dumps({"files": [{"name": "contact.csv"}]}))
    assert [list(file.reasons) for file in delivery.load().files] == [["manifest_file_absent"]]


def test_an_older_delivery_that_comes_late_does_not_overwrite(delivery) -> None:
    delivery.contacts(2, name="pas/202402/contact.csv")
    delivery.load(date(2024, 3, 1))
    delivery.contacts(3, name="pas/202401/contact.csv")
    report = delivery.load(date(2024, 2, 1))
    assert dict(report.files[0].reasons) == {"superseded": 0}
    delivery.contacts(3, name="other.csv").rename(delivery.folder / "contact_b.csv")
    assert delivery.load(date(2024, 2, 1)).files[0].verdict == "already_loaded"
    delivery.contacts(4, name="other.csv").rename(delivery.folder / "contact_b.csv")
    last = delivery.load(date(2024, 2, 1)).files[0]
    assert (dict(last.reasons), last.rows_loaded) == ({"superseded": 2}, 2)


def test_a_late_delivery_of_an_older_month_is_set_aside_where_newer_rows_stand(delivery) -> None:
    delivery.contacts(3, name="pas/202402/contact.csv")
    delivery.load()
    delivery.contacts(4, name="pas/202401/contact_late.csv")
    late = delivery.load().files[0]
    assert (late.verdict, late.rows_loaded, dict(late.reasons)) == (
        "quarantine",
        1,
        {"superseded": 3},
    )
    assert delivery.rows("select load_id, count(*) from raw.contact group by 1 order by 1") == [
        (1, 3),
        (2, 1),
    ]


def test_a_zip_is_opened_and_its_members_are_matched(delivery) -> None:
    text = delivery.contacts(2).read_bytes()
    (delivery.folder / "contact.csv").unlink()
    with zipfile.ZipFile(delivery.folder / "sent.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("contact.csv", text)
        archive.writestr("other.dat", "x")
    files = delivery.load().files
    assert [(file.name, file.verdict) for file in files] == [
        ("sent.zip/contact.csv", "accept"),
        ("sent.zip/other.dat", "reject_file"),
    ]


def test_an_identity_becomes_a_pseudonym_and_is_nowhere_else(delivery, tmp_path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 64)
    key.chmod(0o600)
    rule = 'person_id = { role = "identity" }\nmissed = {'
    delivery.layout = delivery.layout.replace("missed = {", rule).replace(
        'name = "small"', 'name = "small"\nkey_file = "key"'
    )
    row = "C9{};{};2024-03-05;;Nej;"
    delivery.contacts(0, *(row.format(i, "19121212-1212") for i in range(8)), row.format(8, "x"))
    report = delivery.load()
    assert report.files[0].reasons == {"identity_invalid:person_id": 1}
    ((person,),) = delivery.rows("select person_id from raw.person_surrogate")
    assert len(person) == 64


def test_exactly_the_given_files_are_taken_in_the_given_order(delivery) -> None:
    first, second, third = (delivery.contacts(n, name=f"contact_{n}.csv") for n in (1, 2, 3))
    settings = delivery.settings
    layouts = [read_layout(path) for path in settings.deliveries.layouts]
    today = date(2025, 1, 15)
    report = take(settings, delivery.connection, [third, first], layouts=layouts, as_of=today)
    assert [file.name for file in report.files] == ["contact_3.csv", "contact_1.csv"]
    assert second.exists()


@pytest.mark.parametrize(("any_name", "verdict"), [(True, "accept"), (False, "reject_file")])
def test_a_layout_asked_for_by_name_reads_a_file_of_any_name(delivery, any_name, verdict) -> None:
    path = delivery.contacts(2, name="extract.csv")
    settings = delivery.settings
    layouts = [read_layout(one) for one in settings.deliveries.layouts]
    report = take(
        settings,
        delivery.connection,
        [path],
        layouts=layouts,
        as_of=date(2025, 1, 15),
        any_name=any_name,
    )
    assert [file.verdict for file in report.files] == [verdict]
