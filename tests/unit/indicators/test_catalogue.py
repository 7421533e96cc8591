"""The catalogue holds every indicator once, and tells all faults together."""

from __future__ import annotations

from pathlib import Path

import pytest

from equity_pipeline.errors import DeclarationError, exit_code_of
from equity_pipeline.indicators.catalogue import load_catalogue

FIRST = """
VT01 VT03 VT05 BR02 BR07 BR08 BR11 BR14 BR19 KO01 KO04 TG02 TG03 TG05 TG07 UP07 FP01
"""  # fmt: skip


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def packaged(indicator: str) -> str:
    folder = Path(load_catalogue.__code__.co_filename).parent / "declared"
    return next(folder.rglob(f"{indicator.lower()}_*.toml")).read_text("utf-8")


def test_the_indicators_of_the_first_night_are_declared() -> None:
    assert set(FIRST.split()) <= set(load_catalogue())


def test_they_come_in_order_of_domain_and_id() -> None:
    ids = [one for one in load_catalogue() if one in FIRST.split()]
    assert ids == FIRST.split()


def test_selecting_none_takes_all_and_selecting_some_keeps_their_order() -> None:
    catalogue = load_catalogue()
    assert len(catalogue.select()) == len(catalogue)
    assert [one.id for one in catalogue.select(["UP07", "BR02"])] == ["UP07", "BR02"]


def test_an_unknown_id_is_refused_with_the_nearest() -> None:
    with pytest.raises(DeclarationError, match="did you mean VT01") as caught:
        load_catalogue().select(["VT1"])
    assert exit_code_of(caught.value) == 10
    assert load_catalogue().get("VT1") is None


def test_a_folder_of_more_is_added(tmp_path: Path) -> None:
    write(tmp_path, "access/tg97_more.toml", packaged("TG07"))
    assert load_catalogue([tmp_path])["TG97"].domain == "access"


def test_measures_are_found_by_their_id_and_are_not_among_the_indicators(tmp_path: Path) -> None:
    text = packaged("TG07").replace("mid = 0.05", 'role = "measure"')
    write(tmp_path, "_measures/zz01_step.toml", text)
    catalogue = load_catalogue([tmp_path])
    assert "ZZ01" in {one.id for one in catalogue.measures()}
    assert catalogue["ZZ01"].is_measure
    assert "ZZ01" not in {one.id for one in catalogue.select()}
    assert "ZZ01" not in set(catalogue)
    assert "ZZ01" not in {row["id"] for row in catalogue.table()}
    assert len(catalogue) == len(load_catalogue())


def test_company_that_is_not_declared_is_told(tmp_path: Path) -> None:
    text = packaged("TG07").replace("mid = 0.05", 'beside = "TG99"\nmid = 0.05')
    write(tmp_path, "access/tg96_alone.toml", text)
    with pytest.raises(ExceptionGroup) as caught:
        load_catalogue([tmp_path])
    (fault,) = caught.value.exceptions
    assert "TG96 is shown beside TG99" in str(fault)


def test_the_same_id_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    path = write(tmp_path, "access/tg07_again.toml", packaged("TG07"))
    with pytest.raises(ExceptionGroup) as caught:
        load_catalogue([path])
    (fault,) = caught.value.exceptions
    assert "TG07 is declared twice" in str(fault)
    assert str(path) in str(fault)


def test_the_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    write(tmp_path, "access/tg97_bad.toml", packaged("TG07").replace("0.05", "-1"))
    write(tmp_path, "waiting/vt97_bad.toml", "sv = ")
    with pytest.raises(ExceptionGroup) as caught:
        load_catalogue([tmp_path, tmp_path / "waiting" / "vt98_absent.toml"])
    assert len(caught.value.exceptions) == 3
    assert exit_code_of(caught.value) == 10


def test_the_table_lists_what_a_reader_asks_for() -> None:
    row = next(one for one in load_catalogue().table() if one["id"] == "BR14")
    assert row["sv"] == "Antibiotikauttag på recept"
    assert (row["mid"], row["floor"], row["unit"]) == (25, 200, "per_1000")
    assert row["headline_adjustment"] == "need_a"
    assert row["indicator_version"] == "BR14@1.0.0"
    assert len(str(row["definition_hash"])) == 12
