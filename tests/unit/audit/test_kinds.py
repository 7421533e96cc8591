"""Which test plants a leak of which kind: no kind of leak, and no attack, is without one.

A kind that the attacks name in their findings and that has no test here fails this file, as does a
test that is named here and is gone.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from equity_pipeline import audit
from equity_pipeline.audit.audit import ATTACKS
from equity_pipeline.audit.intervals import INVERTED, NOT_OF_COUNTS
from equity_pipeline.audit.shown import CRUDE
from equity_pipeline.vocabulary import vocabulary

TESTS = Path(__file__).parents[2]
HERE = "unit/audit/test_attacks.py"
BESIDE = "unit/audit/test_beside_tables.py"
INTERVALS = "unit/audit/test_intervals.py"
OPEN = "unit/extracts/test_open.py"
OTHERS = "unit/audit/test_populations.py"
# kind of leak, as findings name it -> the tests that plant one and see it found
PLANTED: dict[str, tuple[tuple[str, str], ...]] = {
    "under_flag": ((HERE, "test_a_number_in_a_row_that_is_marked_as_hidden_is_found"),),
    "small": (
        (HERE, "test_a_count_that_is_too_small_is_found_though_nothing_is_hidden"),
        (BESIDE, "test_a_table_for_excel_that_shows_what_its_file_hides_is_attacked"),
        (BESIDE, "test_a_table_by_period_that_shows_what_the_whole_hides_is_attacked"),
        (BESIDE, "test_what_a_unit_is_handed_is_held_against_what_everybody_has"),
        (HERE, "test_a_database_that_shows_what_the_files_hide_is_found"),
    ),
    "none_or_all": (
        (HERE, "test_nobody_and_everybody_are_found_in_a_sensitive_dimension_only"),
    ),
    "few_rows": ((HERE, "test_a_count_of_few_rows_is_found"),),
    "margins": (
        ("unit/audit/test_margins.py",
         "test_with_one_complementary_suppression_undone_the_small_count_is_found"),
        ("unit/audit/test_margins.py",
         "test_a_level_that_is_never_published_is_found_from_what_is_left_of_the_total"),
        ("unit/audit/test_margins.py",
         "test_a_cell_that_one_table_hides_and_another_tells_protects_no_longer"),
    ),
    "rate_by_population": ((HERE, "test_a_rate_and_its_population_give_the_count"),),
    "interval": (
        (HERE, "test_the_interval_of_a_share_gives_numerator_and_denominator"),
        (HERE, "test_the_interval_of_a_rate_gives_the_count"),
        (INTERVALS,
         "test_the_interval_of_a_share_gives_the_count_in_every_form_that_publishes_one"),
        (INTERVALS,
         "test_the_limits_of_a_difference_give_the_count_where_its_reference_is_told"),
    ),
    "full_precision": (
        (HERE, "test_a_value_with_all_its_decimals_gives_numerator_and_denominator"),
    ),
    "value_in_sum": (
        (INTERVALS, "test_a_value_that_gives_a_large_count_away_gives_the_small_one_beside_it"),
    ),
    "sum_by_mean": ((HERE, "test_a_sum_by_its_mean_gives_the_persons"),),
    "differencing": ((HERE, "test_one_new_person_between_two_nights_is_found"),),
    "earlier_release": ((HERE, "test_two_patterns_of_the_same_data_give_the_hidden_count"),),
    "order_statistic": (
        (HERE, "test_an_extreme_is_never_shown_and_a_median_of_enough_persons_is"),
    ),
    "same_population": (
        (OTHERS,
         "test_indicators_of_the_same_people_that_hide_different_cells_leave_the_small_one"),
    ),
    "nested_population": (
        (OTHERS, "test_a_larger_population_less_one_within_it_is_a_count_of_people"),
    ),
    "share_of_whole": (
        (OTHERS, "test_shares_that_make_a_whole_leave_the_one_that_is_hidden"),
    ),
    "not_rounded": ((OPEN, "test_what_tells_more_than_the_rounded_counts_is_found"),),
    "unrounded_share": ((OPEN, "test_what_tells_more_than_the_rounded_counts_is_found"),),
    "number_of_another_tier": ((OPEN, "test_what_tells_more_than_the_rounded_counts_is_found"),),
    "extra_column": ((HERE, "test_a_column_that_the_form_does_not_have_is_found"),),
    "extra_file": ((BESIDE, "test_files_and_facts_that_a_release_does_not_have_are_found"),),
    "metadata": ((HERE, "test_metadata_of_another_tool_is_found"),),
    "column_statistics": ((HERE, "test_statistics_of_rows_that_were_emptied_are_found"),),
    "unreferenced_bytes": ((HERE, "test_bytes_that_no_column_refers_to_are_found"),),
    "unreferenced_rows": ((BESIDE, "test_what_a_database_holds_beside_its_rows_is_found"),),
    "comment": ((BESIDE, "test_what_a_database_holds_beside_its_rows_is_found"),),
    "page": ((BESIDE, "test_a_number_that_a_page_holds_and_does_not_show_is_found"),),
    "workbook": (
        (HERE, "test_what_a_workbook_does_not_show_is_found"),
        (BESIDE, "test_what_a_workbook_holds_in_no_cell_that_is_seen_is_found"),
    ),
    "personal_number": (
        (HERE, "test_a_personal_number_is_found_in_every_kind_of_file_and_never_told"),
    ),
}  # fmt: skip
# names of constants by which attacks name their findings
NAMED = re.compile(r"[a-z]+(_[a-z]+)*")


LIMITS = {"value_crude_lower", "value_lower", "share_lower", "conditional_rate_lower"}
WITHIN = re.compile(r"share_within_\d+_lower")


def kinds_of(module) -> set[str]:
    """Return what a module's findings are called: the first argument of each."""
    found = set()
    for node in ast.walk(ast.parse(Path(module.__file__).read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        first = node.args[0]
        if name in ("Finding", "_found", "_file") and isinstance(first, ast.Name):
            found.add(getattr(module, first.id, ""))
        for word in node.keywords:
            if word.arg == "attack" and isinstance(word.value, ast.Name):
                found.add(getattr(module, word.value.id, ""))
    return {one for one in found if isinstance(one, str) and NAMED.fullmatch(one)}


def modules():
    names = [one.name for one in pkgutil.iter_modules(audit.__path__)]
    return [importlib.import_module(f"equity_pipeline.audit.{name}") for name in names]


def test_every_kind_of_leak_that_an_attack_names_is_planted_by_a_test():
    named = set().union(*(kinds_of(one) for one in modules()))
    assert named <= PLANTED.keys(), "plant a leak of the new kind and name the test here"
    assert len(named) > 20


@pytest.mark.parametrize("kind", PLANTED)
def test_the_tests_that_plant_a_leak_are_there(kind):
    for file, name in PLANTED[kind]:
        held = (TESTS / file).read_text("utf-8")
        assert f"def {name}(" in held


def test_every_interval_that_a_form_publishes_of_a_crude_share_is_looked_at():
    """A crude value with limits of its own; standardised ones, gaps and models tell no count."""
    counted = {
        name: {
            column.removesuffix("_lower")
            for column in form.columns
            if column in LIMITS or WITHIN.fullmatch(column)
        }
        for name, form in vocabulary().forms.items()
    }
    looked = {name: {one.column for one in shown} for name, shown in CRUDE.items()}
    for name, columns in counted.items():
        assert columns <= looked.get(name, set()), name


@pytest.mark.parametrize(
    "method",
    ["wilson", "byar_exact", "kaplan_meier_log-log", "ratio_of_sums", "student_t", "difference_t"],
)
def test_every_method_of_a_crude_value_is_turned_round_or_known_to_tell_no_count(method):
    assert (method in INVERTED) is not (method in NOT_OF_COUNTS)


def test_every_attack_says_in_words_what_it_tries():
    assert all(len(kind.words.split()) > 3 for kind in ATTACKS.values())
