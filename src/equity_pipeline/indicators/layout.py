"""The tables of cells, and the SQL that groups the coded rows and stacks the groups into them."""

from __future__ import annotations

from collections.abc import Sequence

from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.measures import Measure
from equity_pipeline.vocabulary import ALL, MISSING, TOTAL

SIX = "n bigint, d double, s double, ss double, sd double, dd double"
TABLES = {
    "one_way": "indicator_id varchar, period_code varchar, dimension varchar, level varchar,"
    f" sex varchar, age_group varchar, morbidity varchar, cluster_key varchar, {SIX}",
    "persons": "indicator_id varchar, period_code varchar, dimension varchar, level varchar,"
    " strat2_level varchar, n_persons bigint, n_persons_with bigint, n_persons_without bigint",
    "two_way": "indicator_id varchar, period_code varchar, dimension varchar, level varchar,"
    f" dimension2 varchar, level2 varchar, sex varchar, age_group varchar, {SIX}",
    "missing": "indicator_id varchar, period_code varchar, dimension varchar,"
    " n_missing bigint, n_all bigint",
}
CREATE = tuple(f"create table cells.{name} ({columns})" for name, columns in TABLES.items())
FILL_MISSING = f"""
insert into cells.missing
select
    indicator_id, period_code, dimension,
    coalesce(sum(n) filter (where level = {literal(MISSING)}), 0)::bigint,
    sum(n)::bigint
from cells.one_way
group by all
order by all
"""
NEED_KEYS = ("key_sex", "key_age_group", "key_morbidity", "key_cluster_key")
ONE_WAY_KEYS = ("period_code", "level", *NEED_KEYS)
TWO_WAY_KEYS = ("period_code", "level", "level2", "key_sex", "key_age_group")


def level_of(dimension: str) -> str:
    """Return the level of a coded row: 'all' of the total."""
    return literal(ALL) if dimension == TOTAL else dimension


def group_one_way(dimension: str, measures: Sequence[Measure]) -> str:
    """Return the SQL that makes ``grouped``: one dimension by sex, age, morbidity and cluster."""
    keys = [f"{level_of(dimension)} as level", "period_code", *NEED_KEYS]
    return _grouped(keys, [level_of(dimension)], measures, ONE_WAY_KEYS)


def group_two_way(pair: tuple[str, str], measures: Sequence[Measure]) -> str:
    """Return the SQL that makes ``grouped``: a pair of dimensions by sex and age."""
    keys = [f"{pair[0]} as level", f"{pair[1]} as level2", "period_code"]
    keys += ["key_sex", "key_age_group"]
    return _grouped(keys, list(pair), measures, TWO_WAY_KEYS)


def stack_one_way(dimension: str, measures: Sequence[Measure]) -> str:
    """Return the SQL that appends ``grouped`` to the one-way cells, an indicator at a time."""
    texts = ", ".join(f"{one}::varchar" for one in ("level", *NEED_KEYS))
    keys = f"{literal(dimension)}, {texts}"
    return _stacked("one_way", keys, measures)


def stack_two_way(pair: tuple[str, str], measures: Sequence[Measure]) -> str:
    """Return the SQL that appends ``grouped`` to the two-way cells."""
    keys = (
        f"{literal(pair[0])}, level::varchar, {literal(pair[1])}, level2::varchar,"
        " key_sex::varchar, key_age_group::varchar"
    )
    return _stacked("two_way", keys, measures)


def _grouped(
    keys: Sequence[str], levels: Sequence[str], measures: Sequence[Measure], order: Sequence[str]
) -> str:
    sums = [text for one in measures for text in one.sums()]
    inside = " and ".join(f"{level} is not null" for level in levels)
    return (
        f"create or replace temp table grouped as select {', '.join([*keys, *sums])}"
        f" from coded where {inside} group by {', '.join(order)} order by {', '.join(order)}"
    )


def _stacked(table: str, keys: str, measures: Sequence[Measure]) -> str:
    parts = [
        f"select {literal(one.id.upper())}, period_code::varchar, {keys}, {one.six()}"
        f" from grouped where {one.id}_n > 0"
        for one in measures
    ]
    return f"insert into cells.{table} {' union all '.join(parts)}"
