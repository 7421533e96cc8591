"""A key is replaced where identities are delivered: other pseudonyms, the same persons."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from equity_pipeline.cli import app
from equity_pipeline.deliveries.identity.keys import previous_path
from equity_pipeline.deliveries.land import load
from equity_pipeline.settings import Settings, load_settings

NUMBERS = ("19121212-1212", "197010632391", "19811218-9876")
LAYOUT = """
name = "identified"
key_file = "keys/pseudonym.key"

[[file]]
pattern = "contact*.csv"

[[file.entity]]
entity = "contact"

[file.entity.columns]
person_id = { role = "identity" }

[[file]]
pattern = "person*.csv"

[[file.entity]]
entity = "person"

[file.entity.columns]
person_id = { role = "identity" }
"""
HEADER = "contact_id;person_id;contact_date\n"


def deliver(root: Path, name: str, *rows: tuple[str, str], day: str = "2024-03-05") -> None:
    (root / "in").mkdir(exist_ok=True)
    lines = [f"{contact};{number};{day}\n" for contact, number in rows]
    (root / "in" / name).write_text(HEADER + "".join(lines), "utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    key = tmp_path / "keys" / "pseudonym.key"
    key.write_text("0123456789abcdef" * 4)
    key.chmod(0o600)
    (tmp_path / "identified.toml").write_text(LAYOUT, "utf-8")
    (tmp_path / "equity.toml").write_text(
        '[run]\nhome = "out"\n[deliveries]\nfolder = "in"\nlayouts = ["identified.toml"]\n'
        'owner = "the region"\npurpose = "tests"\nlegal_basis = "none"\nsettle_seconds = 0\n',
        "utf-8",
    )
    deliver(tmp_path, "contact_a.csv", *((f"A{i}", one) for i, one in enumerate(NUMBERS)))
    take(tmp_path)
    return tmp_path


def settings(root: Path) -> Settings:
    return load_settings(root / "equity.toml").settings


def take(root: Path) -> list[str]:
    """Load what is delivered, and return the verdicts."""
    held = settings(root)
    held.internal.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(held.person_database)) as connection:
        report = load(held, connection, as_of=date(2025, 1, 15))
    return [file.verdict for file in report.files]


def ask(root: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings(root).person_database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def rotate(root: Path, *words: str, code: int = 0) -> str:
    told = CliRunner().invoke(app, ["rotate-key", "--config", str(root / "equity.toml"), *words])
    assert (told.exit_code or int(told.exception is not None)) == (code and 1), told.output
    return told.output if told.exception is None else str(told.exception)


def test_a_person_who_is_delivered_again_keeps_the_number_inside(root: Path) -> None:
    before = dict(ask(root, "select contact_id, person_key from raw.contact"))
    old = {person for (person,) in ask(root, "select person_id from raw.person_surrogate")}
    rotate(root)
    deliver(root, "contact_b.csv", *((f"B{i}", one) for i, one in enumerate(NUMBERS)))
    assert take(root) == ["already_loaded", "accept"]
    after = dict(ask(root, "select contact_id, person_key from raw.contact"))
    assert [after[f"B{i}"] for i in range(3)] == [before[f"A{i}"] for i in range(3)]
    persons = ask(root, "select person_id, key_id from raw.person_surrogate")
    assert len(persons) == 3 and not old & {person for person, _ in persons}
    told = json.loads(rotate(root, "--status", "--json"))
    assert told["persons_by_key_id"] == {told["key_id"]: 3}
    assert (told["persons_left"], told["age_days"], told["previous_age_days"]) == (0, 0, 0)
    assert "overwritten and removed" in rotate(root, "--finish")
    assert not previous_path(root / "keys" / "pseudonym.key").exists()


def test_a_correction_in_the_window_takes_the_place_of_the_rows_that_stand(root: Path) -> None:
    rotate(root)
    rows = [(f"A{i}", one) for i, one in enumerate(NUMBERS)]
    deliver(root, "contact_a.csv", *rows, day="2024-04-01")
    assert take(root) == ["accept"]
    assert ask(root, "select count(*), count(distinct person_key) from raw.contact") == [(3, 3)]
    assert ask(root, "select count(*) from raw.person_surrogate") == [(3,)]


def test_an_older_delivery_in_the_window_does_not_take_the_place_of_a_newer(root: Path) -> None:
    for folder, year in (("202412", 1912), ("202411", 1913)):
        (root / "in" / folder).mkdir()
        (root / "in" / folder / f"person_{year}.csv").write_text(
            "person_id;year;sex;birth_year;country_of_birth;municipality_code\n"
            f"{NUMBERS[0]};2024;female;{year};sweden;1280\n",
            "utf-8",
        )
        take(root)
        if year == 1912:
            rotate(root)
    assert ask(root, "select birth_year from raw.person") == [(1912,)]


def test_what_still_lies_in_the_folder_is_read_again_and_stays_known(root: Path) -> None:
    rotate(root)
    told = rotate(root, "--rekey")
    assert told.startswith("1 files read again, 3 persons moved, 0 left")
    assert take(root) == ["already_loaded"]
    assert rotate(root, "--rekey").startswith("1 files read again, 0 persons moved, 0 left")
    rotate(root, "--finish")
    events = ask(root, "select event, persons_moved, persons_left from raw.key_rotation")
    assert events == [("begun", 0, 3), ("rekeyed", 3, 0), ("rekeyed", 0, 0), ("finished", 3, 0)]


def test_a_load_tells_the_key_that_it_was_made_with(root: Path) -> None:
    first = json.loads(rotate(root, "--status", "--json"))["key_id"]
    rotate(root)
    second = json.loads(rotate(root, "--status", "--json"))["key_id"]
    deliver(root, "contact_b.csv", ("B1", NUMBERS[0]))
    take(root)
    loads = dict(ask(root, "select file_name, key_id from raw.delivery"))
    assert loads == {"contact_a.csv": first, "contact_b.csv": second}
    assert first != second


def test_the_end_is_refused_while_persons_are_left_unless_their_number_is_said(root: Path) -> None:
    rotate(root)
    deliver(root, "contact_a.csv", ("A0", NUMBERS[0]))
    take(root)
    assert "2 persons are known only by the key before" in rotate(root, "--finish", code=2)
    rotate(root, "--finish", "--forget", "1", code=2)
    assert "2 persons stay under it, out of reach" in rotate(root, "--finish", "--forget", "2")
    deliver(root, "contact_c.csv", ("C1", NUMBERS[1]))
    take(root)
    assert ask(root, "select count(*) from raw.person_surrogate") == [(4,)]


def test_one_rotation_at_a_time_and_one_wish_at_a_time(root: Path) -> None:
    rotate(root)
    assert "begun and not ended" in rotate(root, code=2)
    assert "one of" in rotate(root, "--rekey", "--finish", code=2)
    rotate(root, "--rekey")
    rotate(root, "--finish")
    assert "No rotation" in rotate(root, "--finish", code=2)
    assert "No rotation" in rotate(root, "--rekey", code=2)
    assert "no layout with such a key" in rotate(root, "--layout", "another", code=2)


def test_a_load_with_an_open_key_is_refused_before_anything_is_read(root: Path) -> None:
    (root / "keys" / "pseudonym.key").chmod(0o640)
    deliver(root, "contact_b.csv", ("B1", NUMBERS[0]))
    with pytest.raises(Exception, match="open to others"):
        take(root)
    assert ask(root, "select count(*) from raw.delivery") == [(1,)]


def test_no_command_tells_the_key(root: Path) -> None:
    key = (root / "keys" / "pseudonym.key").read_text()
    said = [rotate(root), rotate(root, "--status"), rotate(root, "--rekey")]
    fresh = (root / "keys" / "pseudonym.key").read_text().strip()
    said.append(rotate(root, "--finish"))
    assert not any(one in "".join(said) for one in (key, fresh))
