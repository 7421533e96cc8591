"""Nothing is released that the audit finds a leak in, or that it could not judge.

The tables are made by hand; the candidate, the processes, the kills and the files are real.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.audit import audit as attacks
from equity_pipeline.audit import identities
from equity_pipeline.audit.release import Half, read_release
from equity_pipeline.cli import main
from equity_pipeline.errors import DisclosureStop, exit_code_of
from equity_pipeline.extracts.failpoint import VARIABLE
from equity_pipeline.extracts.manifest import write_hashes
from equity_pipeline.pipeline import auditing, releasing, stages
from equity_pipeline.settings import DisclosureSettings, RunSettings, Settings
from tests.faults.publishing import DAY, tabulated

LEAK = "n_numerator"
PERSONAL_NUMBER = "19121212-1212"  # the one that everybody uses where none may stand


def of_home(home: Path) -> Settings:
    return Settings(run=RunSettings(home=home, indicators=("VT01",)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty home."""
    return of_home(tmp_path / "home")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Path]:
    """Candidates by how many had the outcome: of three nobody may know."""
    return {n: _built(of_home(tmp_path_factory.mktemp(f"of_{n}")), n) for n in (3, 100, 101)}


def _built(settings: Settings, n_with: int) -> Path:
    made = tabulated(n_with)
    return stages.publish(settings, DAY, f"run-{n_with}", stages.disclose(settings, made), made)


@pytest.fixture
def candidate(settings: Settings, built: Mapping[int, Path]) -> Callable[[int], Path]:
    """What puts a candidate into the home."""

    def put(n_with: int = 100) -> Path:
        made = Path(shutil.copytree(built[n_with], settings.candidates / f"run-{n_with}"))
        made.touch()  # the newest
        return made

    return put


def plant(folder: Path, value: int = 3) -> None:
    """Show a number in a row that is hidden, in a candidate that is whole for all else."""
    path = folder / "stratified.parquet"
    told = pq.read_table(path)
    hidden = [status == "suppressed" for status in told["value_status"].to_pylist()]
    assert any(hidden)
    column = [value if flag else old
              for flag, old in zip(hidden, told[LEAK].to_pylist(), strict=True)]  # fmt: skip
    place = told.column_names.index(LEAK)
    field = told.schema.field(LEAK)
    pq.write_table(told.set_column(place, field, pa.array(column, field.type)), path)
    write_hashes(folder)


def test_a_clean_candidate_is_released_and_its_verdict_kept_where_few_may_look(settings, candidate):
    heard: list[str] = []
    made = candidate()
    released = releasing.release(settings, progress=heard.append)
    assert settings.current.resolve() == Path(released["folder"]).resolve()
    assert "what totals leave for a hidden count" in heard
    kept = settings.internal / auditing.FOLDER / f"{made.name}.json"
    assert json.loads(kept.read_bytes())["verdict"] == "clean"
    assert [path.stat().st_mode & 0o777 for path in (kept.parent, kept)] == [0o700, 0o600]


def test_a_leak_blocks_the_release_and_the_one_before_stands(
    settings, candidate, capsys, monkeypatch
):
    candidate()
    before = releasing.release(settings)
    made = candidate(3)
    plant(made)
    monkeypatch.setattr("sys.argv", ["equity", "release", "--out", str(settings.run.home)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 15
    assert "leaks; the candidate run-3 was not released" in told
    assert "under_flag VT01" in told and LEAK in told
    assert settings.current.resolve() == Path(before["folder"]).resolve()
    kept = json.loads((settings.internal / auditing.FOLDER / "run-3.json").read_bytes())
    assert kept["verdict"] == "leak"


def test_the_night_tells_what_was_tried_and_found_but_no_count_of_persons(settings, candidate):
    made = candidate(3)
    plant(made, 3)
    judged = auditing.audit(settings, made)
    assert judged.counts["found"] > 0 and judged.counts["cells"] > 0
    assert judged.words == f"{judged.counts['cells']} cells tried, {judged.counts['found']} found"
    with pytest.raises(DisclosureStop) as stopped:
        judged.passed()
    assert "3-3" not in str(stopped.value) and "3.0" not in str(stopped.value)


def test_a_region_may_choose_to_be_told_of_a_leak_and_release(settings, candidate):
    made = candidate(3)
    plant(made, 3)
    limits = DisclosureSettings(audit="tell")
    releasing.release(settings.model_copy(update={"disclosure": limits}))
    kept = json.loads((settings.internal / auditing.FOLDER / "run-3.json").read_bytes())
    assert (kept["verdict"], settings.current.exists()) == ("leak", True)


def test_two_processes_with_half_the_attacks_each_come_to_the_verdict_of_one_with_all(
    settings, candidate
):
    made = candidate(3)
    plant(made)
    with (made / "CHANGES.md").open("a", encoding="utf-8") as told:
        told.write(f"\n{PERSONAL_NUMBER}\n")
    write_hashes(made)
    seen = {half: read_release(made, halves=[half]) for half in Half}
    halves = {half: set(attacks.audit(one).findings) for half, one in seen.items()}
    assert {one.attack for one in halves[Half.FILES]} == {identities.ATTACK}
    assert halves[Half.NUMBERS] and halves[Half.NUMBERS].isdisjoint(halves[Half.FILES])
    alone = attacks.audit(read_release(made)).told()
    judged = auditing.audit(settings, made).verdict
    assert judged | {"findings": by_attack(judged)} == alone | {"findings": by_attack(alone)}
    assert len(alone["findings"]) == sum(map(len, halves.values()))


def by_attack(verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    return sorted(verdict["findings"], key=json.dumps)


@pytest.mark.parametrize("fault", ["numbers", "files", "no_time", "unreadable"])
def test_an_audit_that_comes_to_no_verdict_blocks_the_release(
    settings, candidate, fault, monkeypatch
):
    made = candidate()
    if fault in list(Half):
        monkeypatch.setenv(VARIABLE, f"audit:{fault}:alone")  # one of the two processes dies
    if fault == "no_time":
        limits = DisclosureSettings(audit_seconds=1e-9)
        settings = settings.model_copy(update={"disclosure": limits})
    if fault == "unreadable":
        (made / "stratified.parquet").write_bytes(b"PAR1 and no more")
        write_hashes(made)
        monkeypatch.setattr(releasing, "period_of", lambda _: "2024-12")
    with pytest.raises(DisclosureStop, match="could not judge") as stopped:
        releasing.release(settings)
    assert exit_code_of(stopped.value) == 15
    assert not settings.current.exists()


def test_releases_that_stand_are_held_against_the_candidate(settings, candidate):
    candidate()
    releasing.release(settings)
    assert [path.name for path in auditing.standing(settings)] == ["2024-12"]
    judged = auditing.audit(settings, candidate(101))
    assert {one["attack"] for one in judged.verdict["findings"]} == {"differencing"}


def test_a_candidate_that_changes_after_its_audit_is_not_released(settings, candidate):
    made = candidate()
    passed = auditing.audit(settings, made).passed()
    plant_nothing = (made / "CHANGES.md").read_text("utf-8") + "\n"
    (made / "CHANGES.md").write_text(plant_nothing, "utf-8")
    write_hashes(made)
    with pytest.raises(DisclosureStop, match="has changed since"):
        releasing.by_policy(_every_run(settings), made, lambda: passed)
    assert not settings.current.exists()


def test_a_candidate_that_is_not_to_be_released_is_not_audited(settings, candidate):
    made = candidate()
    manual = settings.model_copy(
        update={"release": settings.release.model_copy(update={"policy": "manual"})}
    )

    def audited() -> auditing.Passed:
        raise AssertionError("nobody asked for a release")

    assert releasing.by_policy(manual, made, audited) is None


def test_the_audit_is_done_without_the_key_and_with_the_protected_folder_closed(
    settings, candidate, monkeypatch
):
    monkeypatch.setenv("PSEUDONYM_KEY", "5ec2e7" * 10)
    made = candidate()
    settings.internal.mkdir()
    inside = made.rename(settings.internal / "release")
    asked = auditing.audit(settings, inside)
    assert asked.verdict["exit_code"] == 2, "a release within the protected folder was read"
    assert "PSEUDONYM_KEY" not in auditing.environment(os.environ)


def _every_run(settings: Settings) -> Settings:
    policy = settings.release.model_copy(update={"policy": "every_run"})
    return settings.model_copy(update={"release": policy})
