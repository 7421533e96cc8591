"""The SELECT that an indicator stands for, to be read and run by hand, and its first rows."""

from __future__ import annotations

import duckdb

from equity_pipeline.errors import DeclarationError
from equity_pipeline.indicators.condition import all_of
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.vocabulary import ALL, TOTAL, vocabulary


def inside(declaration: Declaration) -> list[str]:
    """Return the conditions of the rows that are in the denominator, as DuckDB text.

    A row whose summed column is unknown is not counted.
    """
    told = all_of(declaration.denominator.where)
    if declaration.minimum_age is not None:
        told.append(f"age >= {declaration.minimum_age}")
    if declaration.maximum_age is not None:
        told.append(f"age <= {declaration.maximum_age}")
    sums = (declaration.denominator.sum, declaration.numerator.sum)
    return told + [f"{column} is not null" for column in sums if column]


def numerator(declaration: Declaration, column: str | None = None) -> str:
    """Return what a row in the denominator adds to the numerator, as DuckDB text.

    Parameters
    ----------
    column
        The text to sum instead of the declared column itself, for example a scaled integer.

    Examples
    --------
    >>> from equity_pipeline.indicators.catalogue import load_catalogue
    >>> numerator(load_catalogue()["TG07"])
    'case when has_named_physician is true then 1 else 0 end'
    """
    added = (column or declaration.numerator.sum) if declaration.numerator.sum else "1"
    if not declaration.numerator.where:
        return added
    return f"case when {' and '.join(all_of(declaration.numerator.where))} then {added} else 0 end"


def indicator_sql(declaration: Declaration, dimension: str = TOTAL) -> str:
    """Return the SELECT of an indicator by the levels of one dimension, for people to read.

    Raises
    ------
    DeclarationError
        If the vocabulary does not know the dimension.

    Examples
    --------
    >>> from equity_pipeline.indicators.catalogue import load_catalogue
    >>> print(indicator_sql(load_catalogue()["TG07"], "education"))
    with counted as (
        select
            period_code,
            education as level,
            case when has_named_physician is true then 1 else 0 end as numerator,
            1 as denominator
        from mart.fct_person
        where is_listed is true
            and has_named_physician is not null
            and education is not null
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
    order by period_code, level
    """
    if dimension not in vocabulary().dimensions:
        raise DeclarationError(f"The vocabulary knows no dimension {dimension!r}.")
    of_total = dimension == TOTAL
    conditions = inside(declaration) + ([] if of_total else [f"{dimension} is not null"])
    where = "\n        and ".join(conditions)
    scale = "" if declaration.scale == 1 else f"{declaration.scale:g} * "
    return f"""\
with counted as (
    select
        period_code,
        {repr(ALL) if of_total else dimension} as level,
        {numerator(declaration)} as numerator,
        {declaration.denominator.sum or 1} as denominator
    from mart.{declaration.fact}{f"{chr(10)}    where {where}" if where else ""}
)
select
    period_code,
    level,
    count(*) as n,
    sum(denominator) as d,
    sum(numerator) as s,
    {scale}sum(numerator) / sum(denominator) as value
from counted
group by period_code, level
order by period_code, level"""


def explain(
    connection: duckdb.DuckDBPyConnection,
    declaration: Declaration,
    limit: int = 5,
    *,
    dimension: str = TOTAL,
) -> list[dict[str, object]]:
    """Return the first counted rows of an indicator: groups, never persons.

    Parameters
    ----------
    connection
        One in which ``mart.<fact>`` can be read.
    limit
        How many rows at most.
    """
    found = connection.execute(f"{indicator_sql(declaration, dimension)}\nlimit {int(limit)}")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
