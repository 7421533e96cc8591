"""Whatever cell is hidden, all that can be computed from it is empty, in every row of every form.

Forms are filled with rows whose keys meet in few cells and whose numbers are all there; one cell is
hidden, and what is left is held against what the columns are made of. The door sections of the
vocabulary say most of that, and are not believed: limits, words and labels go with their value, and
what rests on other rows stands below by hand.
"""

from __future__ import annotations

from datetime import date
from itertools import product

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.propagate import Verdict, Whole, cells_of, numbers_of, propagate
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.tables.table import schema_of
from equity_pipeline.vocabulary import vocabulary

BY_CELLS = sorted(
    name for name, form in vocabulary().forms.items() if form.door.by in ("cell", "contrast")
)
YEARS = [(date(year, 1, 1), date(year + 1, 1, 1)) for year in (2023, 2024)]
# few values each, so that rows meet in their cells; a form has those that it has columns for
KEYS = {
    "indicator_id": ["VT01", "BR14"],
    "geography_code": ["12", "unit-a"],
    "unit_hsa_id": ["unit-a", "unit-b"],
    "dimension": ["education"],
    "structure_dimension": ["provider_type"],
    "population_dimension": ["programme_population"],
    "within_dimension": ["education"],
    "level": ["a", "b", "c"],
    "stratum_id": ["a", "b"],
    "programme_population": ["a", "b"],
    "focus_level": ["a", "b"],
    "reference_level": ["c"],
    "within_focus_level": ["a"],
    "within_reference_level": ["c"],
    "strat2_level": ["all", "female"],
    "month": [date(2024, 1, 1), date(2024, 2, 1)],
    "step_no": [1, 2, 3],
    "item_id": ["x", "y"],
}
FILL = {"double": 1.5, "int64": 100, "int32": 7, "int16": 7, "string": "w", "bool": True}
STEPS = {1: "VT01", 2: "BR14", 3: "BR02"}

# what rests on cells of other rows: form, columns, and the columns that name such rows together
ACROSS_ROWS = [
    ("trend", ["slope_abs_per_year", "change_from_base", "driver", "n_periods"],
     ["indicator_id", "geography_code", "dimension", "focus_level", "reference_level"]),
    ("gap", ["sii", "rii", "conc_index", "erreygers_index", "mean_diff_from_best",
             "between_group_sd", "gradient_shape"],
     ["indicator_id", "period_start", "geography_code", "dimension"]),
    ("excess_burden", ["n", "excess_cases", "excess_sek", "par_abs", "paf"],
     ["indicator_id", "period_start", "geography_code", "dimension"]),
    ("care_chain", ["cumulative_rate", "bottleneck_flag"],
     ["pathway", "period_start", "geography_code", "dimension", "level"]),
    ("run_chart", ["centre_line", "lcl", "ucl", "spc_signal"], ["indicator_id", "unit_hsa_id"]),
    ("area_description", ["value_peer_group"], ["item_id", "period_start", "peer_group_id"]),
]  # fmt: skip
# what rests on one other cell: form, columns, and where the parts of its key stand
ON_ANOTHER = [
    ("structure_variation", ["diff_to_reference", "diff_after_casemix"],
     {"dimension": "structure_dimension", "level": "reference_level"}),
    ("unit_variation", ["within_gap_harm", "positive_deviant_flag"],
     {"dimension": "within_dimension", "level": "within_reference_level"}),
    ("care_chain", ["n_in", "conditional_rate"], {"indicator_id": "indicator_id_before"}),
    ("care_chain", ["ref_conditional_rate", "step_contribution_to_gap"],
     {"level": "reference_level"}),
    ("reach", ["language_need_share"], {"indicator_id": "=RE02"}),
    ("stratified", ["missing_share"], {"level": "=missing", "strat2_level": "=all"}),
    ("stratified", ["value_best", "value_worst"], {"indicator_id": "bounds_indicator_id"}),
    ("gap", ["gap_harm_best", "gap_harm_worst"],
     {"indicator_id": "bounds_indicator_id", "level": "bounds_level"}),
    ("trend", ["level_all"], {"dimension": "=total", "level": "=all"}),
]  # fmt: skip


def filled(form: str) -> pa.Table:
    """Return rows of every combination of the form's key values, no number of them empty."""
    schema = schema_of(form)
    held = {name: values for name, values in KEYS.items() if name in schema.names}
    rows = []
    for (first, last), *values in product(YEARS, *held.values()):
        row = {one.name: FILL.get(str(one.type), first) for one in schema}
        row |= dict(zip(held, values, strict=True)) | {"period_start": first, "period_end": last}
        if form == "care_chain":
            row["indicator_id"] = STEPS[row["step_no"]]
            row["indicator_id_before"] = STEPS[max(row["step_no"] - 1, 1)]
        row |= {"value_status": "shown", "bounds_indicator_id": "TG01", "bounds_level": "b"}
        rows.append({name: row[name] for name in schema.names})
    return pa.Table.from_pylist(rows, schema=schema)


FILLED = {form: filled(form) for form in BY_CELLS}


def own_cells(form: str) -> list[list[Cell]]:
    """Return the cells that each row is judged by."""
    door = vocabulary().forms[form].door
    levels = ("focus_level", "reference_level") if door.by == "contrast" else (None,)
    columns = [cells_of(FILLED[form], door, level=level) for level in levels]
    return [list(row) for row in zip(*columns, strict=True)]


def cells_at(form: str, key: dict[str, str]) -> list[Cell]:
    """Return one cell for each row, its key standing where a table of this test says."""
    data = FILLED[form]
    door = vocabulary().forms[form].door
    names = {"strat2_level": "strat2_level" if "strat2_level" in data.column_names else "=all"}
    names |= dict(door.cell) | key
    columns = []
    for part in Cell._fields:
        name = names.get(part, part)
        fixed = [name[1:]] * data.num_rows
        columns.append(fixed if name.startswith("=") else data[name].to_pylist())
    return [Cell(*row).canonical() for row in zip(*columns, strict=True)]


def with_hidden(form: str, cell: Cell) -> list[dict[str, object]]:
    """Return the form's rows with one cell hidden; every other is shown."""
    known = {one for cells in own_cells(form) for one in cells} | {cell}
    known |= {one for name, _, key in ON_ANOTHER if name == form for one in cells_at(form, key)}
    door = vocabulary().forms[form].door
    for _, key in door.also:
        known |= set(cells_at(form, dict(key)))
    whole = Whole(*cell[:5])
    verdict = Verdict({one: one == cell for one in known}, frozenset(), frozenset({whole}))
    return propagate(form, FILLED[form], verdict, DisclosurePolicy()).to_pylist()


def with_words(form: str, columns: list[str]) -> list[str]:
    """Return columns with their limits, labels and words, as far as the form has them."""
    ends = ("", "_lower", "_upper", "_label_sv", "_label_en")
    return [one + end for one in columns for end in ends if one + end in FILLED[form].column_names]


def chosen(form: str, draw: st.DataObject, cells: list[Cell]) -> Cell:
    return draw.draw(st.sampled_from(sorted(set(cells))), label=form)


few = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@pytest.mark.parametrize("form", BY_CELLS)
@few
@given(draw=st.data())
def test_all_numbers_of_a_hidden_row_are_empty_and_it_says_so(form, draw):
    owned = own_cells(form)
    cell = chosen(form, draw, [one for cells in owned for one in cells])
    for row, cells in zip(with_hidden(form, cell), owned, strict=True):
        if cell in cells:
            assert row["value_status"] == "suppressed"
            assert {name for name in numbers_of(form) if row[name] is not None} == set()


@pytest.mark.parametrize(("form", "columns", "names"), ACROSS_ROWS)
@few
@given(draw=st.data())
def test_what_rows_make_together_is_empty_in_all_of_them(form, columns, names, draw):
    owned = own_cells(form)
    cell = chosen(form, draw, [one for cells in owned for one in cells])
    before = FILLED[form].to_pylist()
    touched = {
        tuple(row[name] for name in names)
        for row, cells in zip(before, owned, strict=True)
        if cell in cells
    }
    for row in with_hidden(form, cell):
        if tuple(row[name] for name in names) in touched:
            assert {one for one in with_words(form, columns) if row[one] is not None} == set()


@pytest.mark.parametrize(("form", "columns", "key"), ON_ANOTHER)
@few
@given(draw=st.data())
def test_what_rests_on_another_cell_is_empty_where_that_is_hidden(form, columns, key, draw):
    others = cells_at(form, key)
    cell = chosen(form, draw, others)
    for row, other in zip(with_hidden(form, cell), others, strict=True):
        if other == cell:
            assert {one for one in with_words(form, columns) if row[one] is not None} == set()


@pytest.mark.parametrize("form", BY_CELLS)
@few
@given(draw=st.data())
def test_where_a_value_is_empty_its_limits_and_its_words_are(form, draw):
    cells = [one for held in own_cells(form) for one in held]
    for other in vocabulary().forms[form].door.also:
        cells += cells_at(form, dict(other[1]))
    numbers = numbers_of(form)
    for row in with_hidden(form, chosen(form, draw, cells)):
        for name in numbers:
            if row[name] is None:
                left = {one for one in with_words(form, [name]) if row[one] is not None}
                assert left & set(numbers) == set()
