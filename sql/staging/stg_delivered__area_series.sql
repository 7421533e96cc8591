-- about: The table and series behind each column of the areas, by kind of area and year. Of rows with the same key, the one loaded last.
-- grain: area_column, area_kind, year
with
delivered as (
    select *
    from raw.area_series
),

repeated as (
    select area_column, area_kind, year
    from delivered
    group by area_column, area_kind, year
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (area_column, area_kind, year)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (area_column, area_kind, year)
    qualify row_number() over (
        partition by area_column, area_kind, year
        order by load_id desc, row_number desc
    ) = 1
),

latest as (
    select *
    from delivered_once
    union all by name
    select *
    from loaded_last
),

final as (
    select
        area_column,
        area_kind,
        year,
        source,
        source_table,
        source_series,
        source_ages
    from latest
)

select *
from final
