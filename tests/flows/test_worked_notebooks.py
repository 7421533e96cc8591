"""The worked notebooks run on the published database alone, and say what its rows say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from equity_pipeline.vocabulary import vocabulary

from .notebook_release import write_release

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
COPD, PROGRAMME = "copd_from_cells_to_maihda", "programme_evaluation"
WORKED = (COPD, PROGRAMME)


def read(name: str) -> Any:
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def run(name: str, release: Path) -> Any:
    """Run a notebook in a folder where nothing but the release can be read."""
    notebook = read(name)
    folder = release.parent / f"{release.name}_work"
    (folder / "out").mkdir(parents=True)
    (folder / "out" / "current").symlink_to(release, target_is_directory=True)
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()
    return notebook


def outputs(notebook: Any, kind: str) -> list[str]:
    held = [out.get("data", {}) for cell in code_cells(notebook) for out in cell.outputs]
    return [data[kind] for data in held if kind in data]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = {}
    for name in WORKED:
        release = write_release(tmp_path_factory.mktemp(name))
        made[name] = run(name, release)
    return made


@pytest.mark.parametrize("name", WORKED)
def test_the_committed_notebook_holds_no_outputs_and_reads_the_database_only(name: str) -> None:
    cells = code_cells(read(name))
    assert [cell for cell in cells if cell.outputs or cell.execution_count] == []
    text = "\n".join(cell.source for cell in cells)
    assert re.findall(r"internal|person\.duckdb|cells\.duckdb|http|\.parquet", text) == []
    assert "read_only=True" in text


@pytest.mark.parametrize("name", WORKED)
def test_no_sentence_judges_before_people_have(name: str) -> None:
    for cell in read(name).cells:
        assert vocabulary().misspoken(cell.source.replace("om den är omotiverad", "")) == []


@pytest.mark.parametrize(("name", "figures"), [(COPD, 4), (PROGRAMME, 3)])
def test_every_cell_runs_and_the_figures_are_pictures_without_scripts(
    executed: dict[str, Any], name: str, figures: int
) -> None:
    cells = code_cells(executed[name])
    assert all(cell.outputs for cell in cells)
    pictures = outputs(executed[name], "image/svg+xml")
    assert len(pictures) == figures
    assert all("<script" not in one and "http" not in one.replace("www.w3.org", "").replace(
        "http:///", "") for one in pictures)  # fmt: skip


def test_the_copd_notebook_says_the_gap_of_the_row(executed: dict[str, Any]) -> None:
    told = "\n".join(outputs(executed[COPD], "text/markdown"))
    assert "12,9 (2,0 till 23,8) procentenheter; gränsen är 5,0" in told
    assert "Intervallet utesluter noll" in told
    assert "| VPC, % | 2,0 (1,0 till 3,0) |" in told
    tables = "\n".join(outputs(executed[COPD], "text/html"))
    assert ".." in re.sub(r"<[^>]+>", "", tables)
    assert "54,5 (48,5 till 60,5)" in tables


def test_a_gap_whose_interval_holds_zero_is_called_uncertain(tmp_path: Path) -> None:
    release = tmp_path / "release"
    release.mkdir()
    told = "\n".join(outputs(run(COPD, write_release(release, gap_lower=-0.02)), "text/markdown"))
    assert "Intervallet rymmer noll: underlaget räcker inte" in told
    assert "utesluter noll" not in told


def test_the_programme_notebook_counts_its_comparisons_and_says_who_was_not_alike(
    executed: dict[str, Any],
) -> None:
    told = "\n".join(outputs(executed[PROGRAMME], "text/markdown"))
    assert "Indikatorer som redovisas: 1; redovisas inte (..): 0." in told
    assert (
        "3,5 (2,1 till 4,9) procentenheter, p < 0,001; 9 enheter mot 18; enheterna var inte" in told
    )
    assert "−1,0 (−3,0 till 1,0)" in "\n".join(outputs(executed[PROGRAMME], "text/html"))
