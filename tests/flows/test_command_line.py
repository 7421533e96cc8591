"""The command line as a user has it: help at once, JSON that parses, nothing done in a dry run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from equity_pipeline.cli import app
from equity_pipeline.settings import load_settings

from .conftest import AS_OF, LITTLE, ROOT, run_night, write_config

HEAVY = ("prefect", "great_expectations", "pandas", "duckdb", "statsmodels", "pyarrow", "scipy")
EARLIER = "2024-12-15"


def commands(group: typer.core.TyperGroup, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command of the application, with the words that lead to it."""
    found = []
    for name, command in group.commands.items():
        words = (*above, name)
        below = isinstance(command, typer.core.TyperGroup)
        found += commands(command, words) if below else [words]
    return found


COMMANDS = commands(typer.main.get_command(app))


def test_the_commands_are_those_that_are_known():
    known = {"demo", "run", "release", "rollback", "synthesise", "doctor", "status", "explain"}
    assert {words[0] for words in COMMANDS} >= known | {"catalogue", "open", "config"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_and_each_of_its_options_has_help(words):
    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    assert command.help and len(command.help) > 20
    assert [p.name for p in command.params if not getattr(p, "help", None)] == []


def test_help_is_printed_without_loading_what_only_a_night_needs():
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\nfrom equity_pipeline.cli import main\nsys.argv = ['equity', '--help']\n"
            "try:\n    main()\nfinally:\n"
            f"    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr.strip()) == (0, "[]")
    assert "Exit codes: 0 done" in told.stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [(("stauts",), "status"), (("run", "--dryrun"), "--dry-run"), ((), "Usage")],
)
def test_a_slip_of_the_pen_ends_2_and_shows_the_way(words, hint, equity):
    told = equity(*words)
    assert told.returncode == 2
    assert hint in told.stdout + told.stderr


@pytest.fixture
def home(small_night, tmp_path) -> Path:
    """A copy of the small night's folder, with its home, to be changed."""
    folder = tmp_path / "night"
    shutil.copytree(small_night.config.parent, folder, symlinks=True)
    return folder


# what only looks may look into internal data: that it did stands here
LOG_OF_OPENINGS = {"access.jsonl", "access.count"}


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder with its time and size, but for the log of who opened what."""
    held = (path for path in folder.rglob("*") if not path.is_symlink())
    held = (path for path in held if path.name not in LOG_OF_OPENINGS)
    return {str(one): (one.stat().st_mtime_ns, one.stat().st_size) for one in held}


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("status",), "release"),
        (("run", "--dry-run"), "indicators"),
        (("explain", "VT01"), "sql"),
        (("config", "show"), "periods.count"),
        (("config", "show", "--origin"), "periods.count"),
        (("catalogue",), None),
        (("doctor",), None),
    ],
    ids=lambda held: " ".join(held) if isinstance(held, tuple) else "",
)
def test_what_only_looks_prints_json_that_parses_and_changes_nothing(words, key, equity, home):
    before = files(home)
    told = equity(*words, "--config", home / "equity.toml", "--json")
    assert told.returncode == 0, told.stderr
    held = json.loads(told.stdout)
    assert key in held if key else len(held) > 5
    assert files(home) == before


def test_a_dry_run_where_nothing_has_run_makes_no_folder(equity, incoming, tmp_path):
    config = write_config(tmp_path / "night", incoming)
    before = files(tmp_path)
    told = equity("run", "--config", config, "--as-of", AS_OF, "--dry-run")
    assert told.returncode == 0
    assert "VT01, TG05, TG07" in told.stdout and "every_run" in told.stdout
    assert files(tmp_path) == before


def test_settings_say_where_each_value_came_from(equity, home):
    told = equity(
        "config", "show", "--origin", "--json", "-c", home / "equity.toml", EQUITY_RUN__THREADS="1"
    )
    held = json.loads(told.stdout)
    assert held["run.threads"] == {"value": 1, "origin": "environment EQUITY_RUN__THREADS"}
    assert held["periods.count"]["origin"] == str(home / "equity.toml")
    assert held["release.keep"] == {"value": 12, "origin": "default"}


def test_a_fault_is_told_as_json_too(equity, tmp_path):
    told = equity("status", "--config", tmp_path / "none.toml", "--json")
    held = json.loads(told.stdout)
    assert (told.returncode, held["exit_code"]) == (2, 2)
    assert held["errors"][0]["mend"] and "does not exist" in held["errors"][0]["what"]


def test_status_where_nothing_has_run_says_what_to_do(equity, tmp_path):
    told = equity("status", "--out", tmp_path / "out")
    assert told.returncode == 2
    assert "Nothing has run here yet" in told.stderr and "equity demo" in told.stderr


def test_doctor_ends_2_and_marks_what_is_wrong(equity, home):
    (home / "home" / "internal" / "person.duckdb").chmod(0o644)
    told = equity("doctor", "--config", home / "equity.toml")
    assert told.returncode == 2
    assert "mode 0644, at most 0600" in told.stdout and "wrong" in told.stdout


def release_name(home: Path) -> str:
    return (home / "home" / "current").resolve().name


def small(home: Path, incoming: Path, policy: str) -> Path:
    """Write what nights of a home do from now on: little, by that policy."""
    config = write_config(home, incoming, **LITTLE)
    config.write_text(config.read_text("utf-8").replace("every_run", policy), "utf-8")
    return config


@pytest.mark.parametrize(
    "policy", ["manual", pytest.param("when_period_closes", marks=pytest.mark.long)]
)
def test_a_candidate_waits_for_its_release_and_a_rollback_goes_back(policy, equity, home, incoming):
    """A published period stays as it is until it is released again on purpose."""
    config, first = small(home, incoming, policy), "2024-12"
    made = run_night(config).report
    assert (made.status, release_name(home)) == ("candidate", first)
    candidate = load_settings(config).settings.candidates / str(made.candidate)
    assert candidate.is_dir()
    wrong = equity("release", "--period", "1999-01", "--config", config)
    assert wrong.returncode == 2 and "no candidate of the period 1999-01" in wrong.stderr
    told = json.loads(equity("release", "--period", first, "--config", config, "--json").stdout)
    assert (told["release"], told["run_id"]) == (f"{first}-r2", made.candidate)
    assert release_name(home) == f"{first}-r2"
    back = equity("rollback", "--config", config, "--json")
    assert json.loads(back.stdout)["release"] == first == release_name(home)
    none = equity("rollback", "--config", config)
    assert none.returncode == 2 and "no earlier release" in none.stderr
    assert release_name(home) == first


@pytest.mark.long
def test_a_period_that_has_closed_is_released_once_by_itself(home, incoming):
    config = small(home, incoming, "when_period_closes")
    first = run_night(config, EARLIER).report
    assert (first.status, first.release) == ("released", "2024-11")
    again = run_night(config, EARLIER).report
    assert (again.status, again.release) == ("nothing_new", "2024-11")


def test_open_without_a_release_says_what_to_run(equity, tmp_path):
    told = equity("open", "--out", tmp_path / "out")
    assert told.returncode == 2 and "equity demo" in told.stderr


def test_the_version_is_the_project_s(equity):
    told = equity("--version")
    assert told.stdout.strip() in (ROOT / "pyproject.toml").read_text("utf-8")
