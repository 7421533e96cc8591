"""The SQL of an indicator can be read, run, and says what the cells say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.errors import DeclarationError
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.explain import explain, indicator_sql

VT01 = """\
with counted as (
    select
        period_code,
        'all' as level,
        case when is_assessed_within_3_days is true then 1 else 0 end as numerator,
        1 as denominator
    from mart.fct_contact
    where visit_type = 'new'
        and licensed is true
        and guarantee_covered is true
        and patient_chosen_wait is not true
        and cancelled is not true
        and is_assessed_within_3_days is not null
)
select
    period_code,
    level,
    count(*) as n,
    sum(denominator) as d,
    sum(numerator) as s,
    sum(numerator) / sum(denominator) as value
from counted
group by period_code, level
order by period_code, level"""


def test_the_sql_of_an_indicator_is_this() -> None:
    assert indicator_sql(load_catalogue()["VT01"]) == VT01


def test_a_scale_and_a_lowest_age_stand_in_the_sql() -> None:
    text = indicator_sql(load_catalogue()["BR19"], "income_quintile")
    assert "1000 * sum(numerator) / sum(denominator) as value" in text
    assert "and age >= 18" in text
    assert "and income_quintile is not null" in text


@pytest.mark.parametrize("indicator", ["VT01", "VT03", "VT05", "TG07", "BR14", "KO01", "KO04"])
def test_the_sql_gives_the_value_that_the_cells_give(
    counted: Callable, mart: duckdb.DuckDBPyConnection, indicator: str
) -> None:
    declaration = load_catalogue()[indicator]
    rows = explain(mart, declaration, 50, dimension="provider_type")
    found = counted(indicator, dimensions=("provider_type",)).read(
        f"select period_code, level, {declaration.scale} * sum(s) / sum(d) as value"
        " from cells.one_way where dimension = 'provider_type' group by all"
    )
    expected = {(one["period_code"], one["level"]): float(str(one["value"])) for one in rows}
    made = {(one.period_code, one.level): one.value for one in found.itertuples()}
    assert made == pytest.approx(expected)


def test_no_more_rows_are_shown_than_asked_for(mart: duckdb.DuckDBPyConnection) -> None:
    rows = explain(mart, load_catalogue()["TG07"], 1, dimension="sex")
    assert [sorted(one) for one in rows] == [["d", "level", "n", "period_code", "s", "value"]]


def test_an_unknown_dimension_is_refused() -> None:
    with pytest.raises(DeclarationError, match="no dimension 'moon"):
        indicator_sql(load_catalogue()["VT01"], "moon; drop table x")


NEW = {
    "access/tg91_any_contact.toml": (
        'kind = "proportion"\nunit = "percent"\nmid = 0.03\n',
        '[numerator]\nwhere = [{ column = "age", op = ">=", value = 65 }]\n',
    ),
    "results/br91_mean_age.toml": (
        'kind = "mean"\nunit = "index"\nmid = 2\n',
        '[numerator]\nsum = "age"\n',
    ),
    "results/br92_antibiotics_of_the_old.toml": (
        'kind = "rate"\nunit = "per_1000"\nscale = 1000\nmid = 25\nminimum_age = 65\n',
        '[denominator]\nsum = "person_years"\n[numerator]\nsum = "n_antibiotic_dispensings"\n',
    ),
}
COMMON = """
version = "1.0.0"
sv = "Nytt"
en = "New"
fact = "fct_person"
population_base = "listed"
direction = "neutral"
adjusters = "A1"
definition_sv = "Nytt"
definition_en = "New"
"""


def test_a_new_indicator_takes_one_toml_file_and_nothing_else(
    counted: Callable, frames: dict, tmp_path: Path
) -> None:
    for name, (head, tail) in NEW.items():
        path = tmp_path / "declared" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(COMMON + head + tail, "utf-8")
    made = counted("TG91", "BR91", "BR92", extra=(tmp_path / "declared",), dimensions=("sex",))
    found = made.read(
        "select indicator_id, sum(s) / sum(d) as value from cells.one_way"
        " where dimension = 'total' group by all"
    )
    rows = frames["fct_person"]
    old = rows[rows["age"] >= 65]
    assert dict(zip(found["indicator_id"], found["value"], strict=True)) == pytest.approx(
        {
            "TG91": (rows["age"] >= 65).mean(),
            "BR91": rows["age"].mean(),
            "BR92": old["n_antibiotic_dispensings"].sum() / old["person_years"].sum(),
        }
    )
