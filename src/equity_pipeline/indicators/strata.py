"""Cells of the newest year by what people are all at once: the strata of crossed groups."""

from __future__ import annotations

from collections.abc import Sequence

from equity_pipeline.indicators.coded import Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.grouping import Persons, grouped
from equity_pipeline.indicators.largest import count_largest, forget_largest, with_largest
from equity_pipeline.indicators.layout import TABLES
from equity_pipeline.indicators.measures import Measure
from equity_pipeline.indicators.stored import append, sums_and_persons
from equity_pipeline.vocabulary import ALL, MISSING

# codes that are put together, so that a stratum holds enough people
ADULTS = {"18-44": "18-44", "45-64": "45-64", "65-79": "65+", "80+": "65+"}
INCOMES = {"q1": "q1", "q2": "q2_q4", "q3": "q2_q4", "q4": "q2_q4", "q5": "q5"}
BIRTHS = {
    "sweden": "sweden",
    "nordic_eu_eea": "europe_other",
    "other_europe": "europe_other",
    "outside_europe": "outside_europe",
}
OWN = ("education", "income_quintile")


def count_strata(
    connection: Connection,
    fact: Fact,
    measures: Sequence[Measure],
    persons: Persons,
    period: str,
) -> None:
    """Append the adults of one period to ``cells.strata``; a fact without ages has none.

    Without the education and income of each person the class of the area stands for them. What a
    person is not described by (education before 25, say) is 'missing', so every adult is counted.
    """
    if "age_band" not in fact.dimensions:
        return
    has_own = any(one in fact.dimensions for one in OWN)
    keys = {
        "period_code": "period_code",
        "sex": "key_sex",
        "age_three": _put_together("age_band", ADULTS),
        "education": _known(fact, "education", has_own),
        "income_three": _put_together("income_quintile", INCOMES)
        if has_own and "income_quintile" in fact.dimensions
        else literal(ALL),
        "birth_three": _put_together("country_of_birth", BIRTHS)
        if "country_of_birth" in fact.dimensions
        else literal(ALL),
        "area_class": _known(fact, "area_class", not has_own),
    }
    adults = ", ".join(literal(one) for one in ADULTS)
    where = (f"period_code = {literal(period)}", f"age_band::varchar in ({adults})")
    taking = [one for one in measures if not set(one.excluded) & set(fact.dimensions)]
    if not taking:
        return
    query = grouped(keys, taking, persons, where=where)
    forget_largest(connection)
    count_largest(connection, fact, keys, taking, persons, where)
    rows, largest = with_largest(connection, query, list(keys), taking)
    told = [*keys, *sums_and_persons(taking), *largest]
    append(connection, TABLES["strata"], fact, told, rows)


def _put_together(column: str, codes: dict[str, str]) -> str:
    told = " ".join(f"when {literal(code)} then {literal(to)}" for code, to in codes.items())
    return f"case {column}::varchar {told} else {literal(MISSING)} end"


def _known(fact: Fact, column: str, wanted: bool) -> str:
    if not wanted or column not in fact.dimensions:
        return literal(ALL)
    return f"coalesce({column}::varchar, {literal(MISSING)})"
