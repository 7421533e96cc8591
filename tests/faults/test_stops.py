"""A night that must stop: a clear message, its exit code, nothing lost, the old release stands."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from equity_pipeline.warehouse.database import Lock
from tests.faults.conftest import Place
from tests.repeats import repeated

# broken deliveries, the first refused and the second set aside
ON_THE_SAMPLE = (
    "missing-column",
    "late",
    "wrong-code",
    "empty-file",
    "personal-number",
    "duplicates",
)

ROOT = Path(__file__).resolve().parents[2]
BAD = ROOT / "data" / "sample" / "bad_deliveries"
AS_OF = ("--as-of", "2025-01-15")
STANDS = "The release 2024-12 still stands and can be used."


def stopped(place: Place, code: int, *words: str, **environment: str) -> str:
    """Run a night that must end with a code, hold what must stand, and return what it said."""
    before = place.settings.current.resolve()
    told = place.call("run", *AS_OF, **environment)
    assert told.returncode == code, told.stderr
    assert place.settings.current.resolve() == before and place.release() == "2024-12"
    assert list(place.settings.run.home.rglob(".tmp-*")) == []
    for word in words:
        assert word in told.stderr
    assert "Traceback" not in told.stderr
    return told.stderr


@pytest.mark.parametrize(
    ("name", "words", "rows"),
    [
        ("missing-column", ("column_missing:sex (40)", "deliver the column"), 40),
        ("wrong-code", ("code_unknown:sex (40)", "a code list"), 40),
        ("empty-file", ("no_rows", "deliver the file with its rows"), 0),
        ("personal-number", ("personal_number:stop_reason (18)", "deliver pseudonyms"), 18),
    ],
)
def test_a_delivery_that_cannot_be_taken_is_refused_by_name_and_loses_nothing(
    name, words, rows, place
):
    before, accounted = place.rows()
    assert before == accounted
    folder = {"EQUITY_DELIVERIES__FOLDER": str(BAD / name)}
    said = stopped(place, 16, "DeliveryRefused (exit 16)", "To mend: ", STANDS, *words, **folder)
    assert "care/202601/" in said and "191212121212" not in said
    assert place.rows() == (before + rows, before + rows)
    stopped(place, 16, *words, **folder)
    assert place.rows() == (before + rows, before + rows)


def test_several_refused_files_are_told_together(place, tmp_path):
    folder = tmp_path / "in"
    for name in ("missing-column", "personal-number"):
        shutil.copytree(BAD / name, folder / name)
    said = stopped(place, 16, STANDS, EQUITY_DELIVERIES__FOLDER=str(folder))
    assert said.count("DeliveryRefused (exit 16)") == 2
    assert said.count(STANDS) == 1


def test_the_night_after_a_refused_delivery_is_taken_away_ends_well(place):
    stopped(place, 16, EQUITY_DELIVERIES__FOLDER=str(BAD / "missing-column"))
    again = place.call("run", *AS_OF, "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["status"] == "nothing_new"


@pytest.mark.parametrize("kind", ["gone", "empty"])
def test_a_delivery_folder_that_is_gone_or_empty_makes_no_release(place, tmp_path, kind):
    folder = tmp_path / "in"
    if kind == "empty":
        (folder / "care" / "202601").mkdir(parents=True)
    before = place.rows()
    told = {"EQUITY_DELIVERIES__FOLDER": str(folder)}
    words = (
        "DeliveryRefused (exit 16)",
        "deliveries.folder",
        "To mend: connect the folder",
        STANDS,
    )
    stopped(place, 16, *words, **told)
    assert place.rows() == before


def test_a_second_run_at_the_same_time_is_turned_away_and_says_who_is_at_work(place):
    place.settings.person_database.unlink()
    first = place.start("run", *AS_OF)
    try:
        while not place.settings.person_database.exists():
            time.sleep(0.02)
        os.kill(first.pid, signal.SIGSTOP)
        stopped(place, 75, "LockHeld (exit 75)", f"process {first.pid}, started", "wait until")
        for command in ("release", "rollback"):
            told = place.call(command)
            assert (told.returncode, "LockHeld" in told.stderr) == (75, True)
        os.kill(first.pid, signal.SIGCONT)
        _, said = first.communicate()
        assert first.returncode == 0, said
    finally:
        first.kill()
        first.wait()
    assert place.release() == "2024-12"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_night_that_is_told_to_stop_ends_in_good_order(number, place):
    place.settings.person_database.unlink()
    night = place.start("run", *AS_OF)
    while not place.settings.person_database.exists():
        time.sleep(0.02)
    night.send_signal(number)
    _, said = night.communicate()
    assert night.returncode == 128 + number, said
    assert "What stood before the run still stands." in said and "Traceback" not in said
    with Lock(place.settings.run.home):
        assert place.release() == "2024-12"
    assert list(place.settings.run.home.rglob(".tmp-*")) == []
    log = max(place.settings.logs.iterdir()).read_text("utf-8").splitlines()
    last = json.loads(log[-1])
    assert (last["event"], last["exit_code"]) == ("failed", 128 + number)


def test_a_command_whose_reader_has_gone_ends_without_a_traceback(place):
    told = place._start("catalogue")
    told.stdout.close()
    told.stdout = None
    _, said = told.communicate()
    assert told.returncode == 1 and "Traceback" not in said


def test_a_source_that_cannot_be_reached_stops_the_night_by_name(place):
    stopped(
        place,
        11,
        "SourceError (exit 11)",
        "127.0.0.1:9",
        "To mend: ",
        STANDS,
        EQUITY_SOURCES__KOLADA__ENABLED="true",
        EQUITY_SOURCES__KOLADA__BASE_URL="http://127.0.0.1:9/v3",
        EQUITY_SOURCES__KOLADA__AREA_MEASURES=json.dumps(
            {"population": "N01951", "median_income_sek": "N00905"}
        ),
        EQUITY_SOURCES__KOLADA__OUTCOMES='["N20402"]',
        EQUITY_SOURCES__HTTP__ATTEMPTS="1",
        EQUITY_SOURCES__HTTP__TIMEOUT_SECONDS="1",
    )


def test_a_critical_check_stops_the_night_before_anything_is_made(place, tmp_path):
    """Every row may stand by itself, but a year in which all are women cannot."""
    folder = tmp_path / "in"
    folder.mkdir()
    rows = "".join(f"NEW{i:07d};2023;K;1950;sweden;1280\n" for i in range(200))
    header = "person_id;year;sex;birth_year;country_of_birth;municipality_code\n"
    (folder / "person_2023.csv").write_text(header + rows, "utf-8")
    candidates = sorted(place.settings.candidates.iterdir())
    before = place.rows()[0]
    said = stopped(
        place, 13, "QualityStop (exit 13)", STANDS, EQUITY_DELIVERIES__FOLDER=str(folder)
    )
    assert "sex: one single level" in said and "NEW0" not in said
    assert "Where: raw.person (person_2023.csv)" in said
    assert place.rows() == (before + 200, before + 200)
    assert sorted(place.settings.candidates.iterdir()) == candidates


def test_a_night_whose_periods_hold_nothing_never_takes_the_place_of_a_release(place):
    told = place.call("run", "--as-of", "2030-06-15")
    assert told.returncode == 13 and place.release() == "2024-12"
    assert "Nothing that was delivered falls in the periods" in told.stderr
    assert STANDS in told.stderr


def test_a_key_that_no_setting_has_stops_the_night_at_once(place):
    text = place.config.read_text("utf-8")
    place.config.write_text(text.replace("[periods]", "[periods]\nkinds = 'year'"), "utf-8")
    stopped(place, 2, "ConfigurationError (exit 2)", "periods.kinds", "equity config show")


def test_a_declaration_that_contradicts_itself_stops_the_night_by_its_file(place, tmp_path):
    declared = tmp_path / "declared" / "access"
    declared.mkdir(parents=True)
    (declared / "zz01_wrong.toml").write_text('version = "1.0.0"\nkind = "proportion"\n', "utf-8")
    stopped(
        place,
        10,
        "DeclarationError (exit 10)",
        "zz01_wrong.toml",
        EQUITY_RUN__DECLARED=json.dumps([str(declared.parent)]),
    )


def listed() -> list[dict[str, Any]]:
    held = json.loads((BAD / "manifest.json").read_text("utf-8"))["bad_deliveries"]
    assert len(held) >= 6
    return held


def shown(place: Place, home: Path, one: dict[str, Any]) -> str:
    """Deliver something broken to a demonstration, and return what was said of it."""
    told = place.run("demo", "--out", str(home), "--break", one["name"])
    said = told.stdout + told.stderr
    assert told.returncode == one["exit_code"], said
    assert STANDS in said and (home / "current").resolve().name == "2024-12"
    assert ("DeliveryRefused (exit 16)" in said) == (one["expected"] == "refused")
    assert list(home.rglob(".tmp-*")) == []
    return said


@pytest.mark.long
def test_a_demonstration_shows_each_stop_and_keeps_its_release(place):
    home = place.settings.run.home
    said = {one["name"]: shown(place, home, one) for one in listed()}
    assert "column_missing:sex" in said["missing-column"]
    assert "50 rows in = 40 loaded + 10 quarantined + 0 refused" in said["duplicates"]
    assert place.rows()[0] == place.rows()[1]


@pytest.mark.long
@pytest.mark.timeout(2400)  # the whole sample first
@pytest.mark.parametrize("name", repeated(ON_THE_SAMPLE, 1))
def test_a_demonstration_from_nothing_shows_its_stops_on_the_sample(
    name, demonstration, place, tmp_path
):
    """At least one that is refused; the small region above has all, those set aside as well."""
    assert {*ON_THE_SAMPLE} == {one["name"] for one in listed()}
    home = shutil.copytree(demonstration, tmp_path / "out", symlinks=True)
    (one,) = (one for one in listed() if one["name"] == name)
    said = shown(place, home, one)
    of_the_sample = "36 rows in = 0 loaded + 36 quarantined + 0 refused"
    assert (of_the_sample in said) == (name == "late")


def test_the_list_of_broken_deliveries_says_what_is_wrong_with_each(place):
    told = place.run("demo", "--break", "list")
    assert told.returncode == 0
    assert [one for one in listed() if one["name"] not in told.stdout] == []
    assert [one for one in listed() if one["what"] not in told.stdout] == []


def test_an_unknown_broken_delivery_is_told_with_the_known_ones(place):
    told = place.run("demo", "--out", str(place.settings.run.home), "--break", "nonsense")
    assert told.returncode == 2
    assert "missing-column, wrong-code, empty-file" in told.stderr
