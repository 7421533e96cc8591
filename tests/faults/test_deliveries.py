"""What can go wrong with a delivery: nothing is lost, nothing leaks, nothing stands half."""

from __future__ import annotations

import os
import shutil
import stat
import traceback
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from equity_pipeline.deliveries import land
from equity_pipeline.deliveries.land import LoadReport, load
from equity_pipeline.deliveries.reading.find import Delivered
from equity_pipeline.errors import WarehouseError
from equity_pipeline.settings import Settings, load_settings
from tests.beside import absent, beside

ROOT = Path(__file__).parents[2]
REAL = beside("real")
NUMBER = "19121212-1212"
LAYOUT = """
name = "small"
[[file]]
pattern = "unit*.csv"
[[file.ignored]]
name = "note"
reason = "free text is not needed"
[[file.entity]]
entity = "unit"
"""
HEADER = "unit_hsa_id;from_date;unit_name;note\n"
ROWS = "".join(f"SE23-{i};2024-01-01;Unit {i};\n" for i in range(40))


def _settings(root: Path) -> Settings:
    (root / "in").mkdir(exist_ok=True)
    (root / "small.toml").write_text(LAYOUT, "utf-8")
    held = {
        "folder": root / "in",
        "layouts": [root / "small.toml"],
        "owner": "the region",
        "purpose": "tests",
        "legal_basis": "none",
        "settle_seconds": 0,
    }
    return Settings.model_validate({"run": {"home": root / "out"}, "deliveries": held})


def _load(root: Path, database: str = ":memory:") -> tuple[LoadReport, list[tuple[object, ...]]]:
    with duckdb.connect(database) as connection:
        report = load(_settings(root), connection, as_of=date(2025, 1, 15))
        rows = connection.execute("select * from raw.unit order by row_number").fetchall()
    return report, rows


def _write(root: Path, text: str, name: str = "unit.csv") -> Path:
    (root / "in").mkdir(exist_ok=True)
    path = root / "in" / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ROWS + f"SE23-X;2024-01-01;Unit;see {NUMBER}\n",
        HEADER + ROWS + f"SE23-X;2024-01-01;{NUMBER};\n",
        HEADER + ROWS + f"SE23-X;{NUMBER};Unit;\n",
        HEADER + ROWS + f"SE23-X;2024-01-01;{NUMBER}\n",
        HEADER + "".join(f"{NUMBER};2024-01-0{i};Unit;\n" for i in range(1, 8)),
        HEADER.replace("note", NUMBER) + ROWS,
        f"{NUMBER};2024-01-01;Anna Andersson;\n" + ROWS,
        HEADER + ROWS + f'SE23-X;2024-01-01;"{NUMBER};\n',
    ],
    ids=["text", "name", "date", "ragged", "code", "header", "no header", "open quote"],
)
def test_a_personal_number_in_a_file_is_in_no_report_database_or_error(
    tmp_path: Path, text: str
) -> None:
    _write(tmp_path, text)
    _write(tmp_path, text, f"unit_{NUMBER}.csv")
    database = tmp_path / "person.duckdb"
    report, rows = _load(tmp_path, str(database))
    assert rows == []
    with pytest.raises(ExceptionGroup) as caught:
        report.raise_if_refused()
    told = repr(report) + "".join(traceback.format_exception(caught.value))
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("*.duckdb*"))
    kept += b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    for form in (NUMBER, NUMBER.replace("-", ""), "Andersson"):
        assert form not in told
        assert form.encode() not in kept


def test_a_personal_number_in_one_cell_refuses_the_whole_file(tmp_path: Path) -> None:
    _write(tmp_path, HEADER + ROWS + f"SE23-X;2024-01-01;Unit;see {NUMBER}\n")
    (file,) = _load(tmp_path)[0].files
    assert (file.rows_in, file.rows_refused) == (41, 41)
    assert file.reasons == {"personal_number": 41, "personal_number:note": 41}


def test_a_file_that_changes_while_it_is_read_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, HEADER + ROWS)
    checked = Delivered.check_unchanged

    def written_meanwhile(file: Delivered) -> None:
        path.write_text(HEADER + ROWS + "more", "utf-8")
        checked(file)

    monkeypatch.setattr(Delivered, "check_unchanged", written_meanwhile)
    report, rows = _load(tmp_path)
    assert (list(report.files[0].reasons), rows) == (["changed_while_read"], [])


def test_a_fault_in_the_middle_of_a_load_rolls_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, HEADER + ROWS + "SE23-X;2024-13-01;Unit;\n")
    database = str(tmp_path / "person.duckdb")

    def broken(*_: object) -> None:
        raise duckdb.ConversionException(f"could not convert {NUMBER}")

    with monkeypatch.context() as patched:
        patched.setattr(Delivered, "check_unchanged", broken)
        with pytest.raises(WarehouseError) as caught:
            _load(tmp_path, database)
    assert NUMBER not in "".join(traceback.format_exception(caught.value))
    with duckdb.connect(database) as connection:
        for table in ("unit", "delivery", "quarantine", "person_surrogate"):
            assert connection.execute(f"select count(*) from raw.{table}").fetchall() == [(0,)]
    assert not list((tmp_path / "out").rglob("*.parquet"))
    assert len(_load(tmp_path, database)[1]) == 40


def test_lost_rows_are_an_error_and_not_a_report() -> None:
    with pytest.raises(WarehouseError, match="Rows were lost"):
        land.FileReport("a.csv", "accept", rows_in=3, rows_loaded=2)


def test_a_link_is_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(HEADER + ROWS, "utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "unit.csv").symlink_to(outside)
    report, rows = _load(tmp_path)
    assert (list(report.files[0].reasons), rows) == (["not_a_file"], [])


def test_a_pipe_does_not_hang_the_night(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "unit.csv")
    assert list(_load(tmp_path)[0].files[0].reasons) == ["not_a_file"]


def _zip(path: Path, entry: zipfile.ZipInfo | str, content: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, content, zipfile.ZIP_DEFLATED)


@pytest.mark.parametrize(
    ("name", "mode", "content", "reason"),
    [
        ("../../tmp/unit.csv", 0, HEADER + ROWS, "archive_path"),
        ("/tmp/unit.csv", 0, HEADER + ROWS, "archive_path"),
        ("unit.csv", stat.S_IFLNK | 0o777, "/etc/passwd", "archive_path"),
        ("unit.csv", 0, HEADER + " " * 10_000_000, "archive_ratio"),
    ],
)
def test_a_harmful_archive_is_refused_before_it_is_unpacked(
    tmp_path: Path, name: str, mode: int, content: str, reason: str
) -> None:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    _zip(tmp_path / "in" / "sent.zip", entry, content)
    assert list(_load(tmp_path)[0].files[0].reasons) == [reason]


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in" / "sent.zip"
    _zip(path, "unit.csv", HEADER + ROWS)
    path.write_bytes(path.read_bytes()[:-30])
    assert list(_load(tmp_path)[0].files[0].reasons) == ["archive_broken"]


def test_a_refused_correction_leaves_the_rows_that_stand(tmp_path: Path) -> None:
    database = str(tmp_path / "person.duckdb")
    _write(tmp_path, HEADER + ROWS)
    _load(tmp_path, database)
    _write(tmp_path, HEADER + "SE23-1;2024-13-01;Unit;\n")
    report, rows = _load(tmp_path, database)
    assert report.files[0].verdict == "reject_file"
    assert len(rows) == 40


@pytest.fixture(scope="module")
def vitoria(tmp_path_factory: pytest.TempPathFactory):
    if not REAL.is_dir():
        pytest.skip(absent("the real appointments", "real"))
    home = str(tmp_path_factory.mktemp("vitoria"))
    environment = {"EQUITY_RUN__HOME": home, "EQUITY_DELIVERIES__FOLDER": str(REAL)}
    settings = load_settings(ROOT / "configs" / "vitoria_2016.toml", environment).settings
    with duckdb.connect() as connection:
        report = load(settings, connection, as_of=date(2016, 7, 1))
        yield report, connection


@pytest.fixture(scope="module")
def appointments() -> pd.DataFrame:
    frame = pd.read_csv(REAL / "appointments_vitoria_2016.csv.zip", dtype=str)
    frame["wait"] = (
        pd.to_datetime(frame["AppointmentDay"].str[:10])
        - pd.to_datetime(frame["ScheduledDay"].str[:10])
    ).dt.days
    frame["age"] = frame["Age"].astype(int)
    return frame


def test_every_real_appointment_is_accounted_for(vitoria, appointments) -> None:
    report = vitoria[0].files[0]
    negative = appointments["wait"] < 0
    impossible = ~appointments["age"].between(0, 110) & ~negative
    assert report.rows_in == len(appointments) == 110_527
    assert report.reasons == {
        "age_out_of_range": int(impossible.sum()),
        "wait_negative": int(negative.sum()),
    }
    assert report.reasons == {"age_out_of_range": 6, "wait_negative": 5}
    assert report.rows_loaded + report.rows_quarantined + report.rows_refused == 110_527
    vitoria[0].raise_if_refused()


def test_the_real_waits_and_missed_visits_are_those_of_the_extract(vitoria, appointments) -> None:
    good = appointments[(appointments["wait"] >= 0) & appointments["age"].between(0, 110)]
    found = (
        vitoria[1]
        .execute("""
        select count(*), sum(assessment_date - first_contact_date)::bigint,
            count(*) filter (assessment_date - first_contact_date <= 3),
            count(*) filter (missed)
        from raw.contact
    """)
        .fetchall()[0]
    )
    missed = int((good["No-show"] == "Yes").sum())
    within = int((good["wait"] <= 3).sum())
    assert found == (len(good), int(good["wait"].sum()), within, missed)


def test_the_real_persons_are_one_row_each_with_their_latest_status(vitoria, appointments) -> None:
    good = appointments[(appointments["wait"] >= 0) & appointments["age"].between(0, 110)]
    last = good[
        good["AppointmentDay"] == good.groupby("PatientId")["AppointmentDay"].transform("max")
    ]
    certain = last.groupby("PatientId").filter(lambda one: one["Age"].nunique() == 1)
    born = 2016 - certain.groupby("PatientId")["age"].first()
    held = (
        vitoria[1]
        .sql("""
        select person_id, birth_year, economic_standard, chronic_conditions, disability_proxy
        from raw.person join raw.person_surrogate using (person_key)
    """)
        .df()
        .set_index("person_id")
    )
    assert len(held) == good["PatientId"].nunique()
    assert (held.loc[born.index, "birth_year"] == born).all()
    poor = good.groupby("PatientId")["Scholarship"].max() == "1"
    assert ((held["economic_standard"] == "low") == poor.reindex(held.index)).mean() > 0.99
    assert held["chronic_conditions"].between(0, 3).all()
    assert set(held["disability_proxy"]) == {"disability", "none"}


def test_the_real_neighbourhoods_cover_every_appointment(vitoria) -> None:
    connection = vitoria[1]
    strange = "select count(*) from raw.contact anti join raw.area using (area_code)"
    assert connection.execute(strange).fetchall() == [(0,)]
    assert connection.execute("select count(*) from raw.area").fetchall() == [(81,)]


def test_the_real_delivery_without_its_outcome_column_is_refused(tmp_path: Path) -> None:
    if not REAL.is_dir():
        pytest.skip(absent("the real appointments", "real"))
    shutil.copy(REAL / "appointments_vitoria_2016.csv.zip", tmp_path / "source.zip")
    frame = pd.read_csv(tmp_path / "source.zip", dtype=str, nrows=50).drop(columns="No-show")
    folder = tmp_path / "in"
    folder.mkdir()
    frame.to_csv(folder / "KaggleV2-May-2016.csv", index=False)
    environment = {"EQUITY_RUN__HOME": str(tmp_path), "EQUITY_DELIVERIES__FOLDER": str(folder)}
    settings = load_settings(ROOT / "configs" / "vitoria_2016.toml", environment).settings
    with duckdb.connect() as connection:
        report = load(settings, connection, as_of=date(2016, 7, 1))
    assert report.files[0].reasons == {"column_missing:No-show": 50}
