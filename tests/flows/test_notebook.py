"""The notebook and the first lines to paste work on published files alone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

from equity_pipeline.pipeline.printing import readme_parts

if TYPE_CHECKING:
    from tests.flows.conftest import Night

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "first_look.ipynb"


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def committed() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed(small_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook after a run beside a copy of a release, where nothing else can be read."""
    folder = tmp_path_factory.mktemp("notebook")
    shutil.copytree(small_night.current, folder / "out" / "current")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook


def test_the_committed_notebook_holds_no_outputs(committed: Any) -> None:
    assert [cell for cell in code_cells(committed) if cell.outputs or cell.execution_count] == []


def test_the_notebook_reads_published_files_only(committed: Any) -> None:
    text = "\n".join(cell.source for cell in code_cells(committed))
    assert re.findall(r"internal|person\.|cells\.duckdb|http", text) == []
    assert set(re.findall(r"[\w.]+\.parquet", text)) == {"gap.parquet", "readiness.parquet"}


def test_every_cell_runs_and_shows_something(executed: Any) -> None:
    assert all(cell.outputs for cell in code_cells(executed))
    assert not [
        out for cell in code_cells(executed) for out in cell.outputs if out.output_type == "error"
    ]


def test_the_table_has_swedish_labels_and_two_dots_for_what_is_hidden(executed: Any) -> None:
    table = code_cells(executed)[2].outputs[0]["data"]["text/html"]
    assert "Medicinsk bedömning inom 3 dagar" in table
    assert "Jämförd med" in table
    assert "nan" not in table.lower().replace("finan", "")
    assert not re.search(r">\d+\.\d", table)


def test_the_figure_has_a_line_for_each_difference(executed: Any) -> None:
    figure = code_cells(executed)[3].outputs[0]["data"]["text/html"]
    assert figure.count("<circle") >= 1
    assert figure.count("<circle") == figure.count('stroke-width="3"')


def test_the_first_line_to_paste_for_python_gives_the_rows_of_an_indicator(
    small_night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = readme_parts()["how-to"].partition("```python\n")[2].partition("\n```")[0]
    setup, _, line = block.rpartition("\n")
    monkeypatch.chdir(small_night.current)
    names: dict[str, Any] = {}
    exec(setup, names)
    rows = eval(line, names)
    assert set(rows["indicator_id"]) == {"VT01"}
