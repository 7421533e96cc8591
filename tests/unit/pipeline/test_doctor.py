"""Doctor names each misconfiguration that is planted, and how to mend it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from equity_pipeline.cli import app
from equity_pipeline.deliveries.schema import create_raw_schema
from equity_pipeline.errors import exit_code_of
from equity_pipeline.pipeline import condition, schedule
from equity_pipeline.settings import load_settings
from equity_pipeline.warehouse.database import open_cells, open_person

NOBODY = "http://127.0.0.1:9"  # the port that discards; nobody listens
LAYOUT = """
name = "small"
key_file = "small.key"

[[file]]
pattern = "contact*.csv"

[[file.entity]]
entity = "contact"

[file.entity.columns]
person_id = { role = "identity" }
"""
CONFIG = {
    "run": {"home": "home", "threads": 1, "memory_limit": "64MB"},
    "deliveries": {
        "folder": "incoming",
        "layouts": ["small.toml"],
        "purpose": "tests",
        "legal_basis": "none",
        "owner": "the region",
    },
}


@dataclass
class Home:
    """A region's home, in order until something is planted."""

    folder: Path
    patch: pytest.MonkeyPatch

    @property
    def internal(self) -> Path:
        return self.folder / "home" / "internal"

    def set(self, name: str, value: object) -> None:
        text = json.dumps(value) if isinstance(value, list) else str(value)
        self.patch.setenv(f"EQUITY_{name.upper().replace('.', '__')}", text)

    def examined(self) -> tuple[int, dict[str, dict[str, str]]]:
        """The exit code of `equity doctor`, and what it says of each thing."""
        words = ["doctor", "--sources", "--json", "--config", str(self.folder / "equity.toml")]
        ended = CliRunner().invoke(app, words)
        assert ended.stdout, ended.exception
        told = {one["name"]: one for one in json.loads(ended.stdout)}
        return exit_code_of(ended.exception) if ended.exception else 0, told


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv(schedule.SERVER, raising=False)
    lines = [
        f"[{section}]\n" + "".join(f"{key} = {json.dumps(one)}\n" for key, one in held.items())
        for section, held in CONFIG.items()
    ]
    (tmp_path / "equity.toml").write_text("\n".join(lines))
    (tmp_path / "small.toml").write_text(LAYOUT)
    (tmp_path / "small.key").write_text("5e" * 32)
    (tmp_path / "small.key").chmod(0o600)
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "contact.csv").write_text("contact_id\n")
    settings = load_settings(tmp_path / "equity.toml").settings
    with open_person(settings) as connection, open_cells(settings):
        create_raw_schema(connection)
    return Home(tmp_path, monkeypatch)


def test_a_home_in_order_ends_0_and_has_nothing_wrong(home):
    code, told = home.examined()
    assert (code, [one for one in told.values() if one["state"] == "wrong"]) == (0, [])
    assert told["key of small"]["state"] == told["tables"]["state"] == "fine"
    assert all(one["mend"] for one in told.values() if one["state"] != "fine")


def old_fastapi(home: Home) -> None:
    held = home.folder / "site" / "fastapi-0.165.0.dist-info"
    held.mkdir(parents=True)
    (held / "METADATA").write_text("Metadata-Version: 2.1\nName: fastapi\nVersion: 0.165.0\n")
    home.patch.syspath_prepend(str(held.parent))


def later_code(home: Home) -> None:
    with duckdb.connect(str(home.internal / "person.duckdb")) as connection:
        connection.execute("update meta.schema_version set schema_version = 99")


def clock_behind(home: Home) -> None:
    (home.folder / "home" / "logs").mkdir()
    line = {"time": "2100-01-01T03:20:00+00:00", "run_id": "a", "event": "end", "exit_code": 0}
    (home.folder / "home" / "logs" / "run-21000101T030000-1.jsonl").write_text(
        f"{json.dumps(line)}\n"
    )


def unreachable(home: Home) -> None:
    home.set("sources.kolada.enabled", "true")
    home.set("sources.kolada.base_url", NOBODY)


FOLLOW = {"internal files", "tables"}  # what may be wrong for the same reason
PLANTED: dict[str, tuple[Callable[[Home], object], str, str, str]] = {
    "a library that breaks the scheduler": (
        old_fastapi, "fastapi", "0.165.0: prefect 3.8 flows die", "-r requirements.lock"),
    "too little room": (
        lambda home: home.patch.setattr(condition, "LEAST_FREE_GB", 1e9),
        "disk", "GB free", "make room"),
    "persons that others may read": (
        lambda home: (home.internal / "person.duckdb").chmod(0o644),
        "person.duckdb", "mode 0644, at most 0600", "chmod 600"),
    "a folder that others may enter": (
        lambda home: home.internal.chmod(0o755), "internal", "mode 0755", "chmod 700"),
    "a key that others may read": (
        lambda home: (home.folder / "small.key").chmod(0o644),
        "key of small", "small.key", "chmod"),
    "a key that is gone": (
        lambda home: (home.folder / "small.key").unlink(),
        "key of small", "small.key", "put the key back"),
    "a clock that is behind": (
        clock_behind, "clock", "a run has written at 2100-01-01 03:20 UTC", "set-ntp"),
    "a source that does not answer": (
        unreachable, "kolada", "does not answer", "sources.http.proxy"),
    "a scheduler that is not there": (
        lambda home: home.patch.setenv(schedule.SERVER, f"{NOBODY}/api"),
        "schedule", "does not answer", schedule.SERVER),
    "a delivery folder that is not mounted": (
        lambda home: home.set("deliveries.folder", home.folder / "share"),
        "deliveries", "share does not exist", "mount"),
    "a purpose that nobody declared": (
        lambda home: home.set("deliveries.purpose", ""),
        "purpose", "small need a declared purpose", "why, by which right"),
    "a layout that is not there": (
        lambda home: home.set("deliveries.layouts", [str(home.folder / "none.toml")]),
        "layouts", "none.toml", "deliveries.layouts"),
    "a share that is not there": (
        lambda home: home.set("release.share", home.folder / "windows"),
        "share", "windows is not there", "mount it with write access"),
    "a group that is not there": (
        lambda home: home.set("access.group", "equity-nobody"),
        "group", "no group equity-nobody", "groupadd equity-nobody"),
    "more memory than the machine has": (
        lambda home: home.set("run.memory_limit", "900TB"),
        "memory", "may be taken", "half of the machine's"),
    "memory in no unit": (
        lambda home: home.set("run.memory_limit", "a lot"), "memory", "'a lot'", "4GB"),
    "a clock that a rehearsal has left set": (
        lambda home: home.patch.setenv("EQUITY_CLOCK", "2025-03-30T04:00:00+02:00"),
        "clock", "2025-03-30 04:00", "unset EQUITY_CLOCK"),
    "a home that later code has made": (
        later_code, "tables", "version 99", "install the version that made it"),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_misconfiguration_ends_2_and_is_named_with_its_mend(planted, home):
    plant, name, words, mend = PLANTED[planted]
    plant(home)
    code, told = home.examined()
    assert code == 2
    assert told[name]["state"] == "wrong"
    assert words in told[name]["words"] and mend in told[name]["mend"], told[name]
    assert {one for one in told if told[one]["state"] == "wrong"} <= {name} | FOLLOW


def test_what_is_wrong_is_told_together_with_every_mend(home):
    home.set("deliveries.folder", home.folder / "share")
    (home.internal / "person.duckdb").chmod(0o644)
    ended = CliRunner().invoke(app, ["doctor", "--config", str(home.folder / "equity.toml")])
    assert "person.duckdb: mode 0644" in ended.exception.what
    assert "share does not exist" in ended.exception.what
    assert "chmod 600" in ended.exception.mend and "mount" in ended.exception.mend


def test_a_source_that_stands_in_from_its_store_is_doubtful_and_no_fault(home):
    unreachable(home)
    stored = home.internal / "snapshots" / "kolada" / "a.json"
    stored.parent.mkdir(parents=True)
    stored.write_text("{}")
    code, told = home.examined()
    assert (code, told["kolada"]["state"]) == (0, "doubtful")
    assert "its stored answer stands in" in told["kolada"]["words"]


def test_a_volume_without_encryption_says_what_to_do_and_does_not_stop(home):
    code, told = home.examined()
    seen = told["encryption"]
    assert code == 0
    assert (seen["state"] == "fine") == ("LUKS" not in seen["mend"])


def test_a_machine_in_another_zone_is_told(home, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    import time

    time.tzset()
    try:
        _, told = home.examined()
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert told["time zone"]["state"] == "doubtful"
    assert "JST" in told["time zone"]["words"]
    assert "name Europe/Stockholm in the schedule" in told["time zone"]["mend"]


def unit(root: Path, name: str, *, enabled: bool, command: str = "equity run") -> None:
    folder = root / "etc" / "systemd" / "system"
    (folder / "timers.target.wants").mkdir(parents=True)
    (folder / f"{name}.service").write_text(f"[Service]\nExecStart=/srv/equity/bin/{command}\n")
    (folder / f"{name}.timer").write_text("[Timer]\nOnCalendar=*-*-* 04:00:00\n")
    if enabled:
        (folder / "timers.target.wants" / f"{name}.timer").symlink_to(folder / f"{name}.timer")


def test_a_timer_of_systemd_is_seen_and_one_that_is_not_enabled_is_wrong(tmp_path):
    unit(tmp_path / "on", "equity", enabled=True)
    assert schedule.registered(root=tmp_path / "on").words == "systemd: equity.timer, enabled"
    unit(tmp_path / "off", "equity", enabled=False)
    found = schedule.registered(root=tmp_path / "off")
    assert (found.state, found.mend) == ("wrong", "systemctl enable --now equity.timer")


def test_a_line_of_cron_is_seen_unless_it_is_a_comment(tmp_path):
    lines = tmp_path / "etc" / "crontab"
    lines.parent.mkdir()
    lines.write_text("# 0 4 * * * equity run\n")
    assert schedule.registered(root=tmp_path).state == "doubtful"
    lines.write_text("0 4 * * * cd /srv/equity && .venv/bin/equity run --config equity.toml\n")
    assert schedule.registered(root=tmp_path).state == "fine"


def test_a_timer_of_something_else_starts_no_night(tmp_path):
    unit(tmp_path, "backup", enabled=True, command="backup")
    found = schedule.registered(root=tmp_path)
    assert found.state == "doubtful" and "who starts the night?" in found.words
    assert os.sep in found.mend and "operations.md" in found.mend
