-- about: Published values of areas (municipalities, regions, the country) by year. Of rows with the same key, the one loaded last.
-- grain: kpi_code_kolada, area_code, year
with
delivered as (
    select *
    from raw.area_value
),

repeated as (
    select kpi_code_kolada, area_code, year
    from delivered
    group by kpi_code_kolada, area_code, year
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (kpi_code_kolada, area_code, year)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (kpi_code_kolada, area_code, year)
    qualify row_number() over (
        partition by kpi_code_kolada, area_code, year
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
        kpi_code_kolada,
        area_code,
        area_kind,
        year,
        value
    from latest
)

select *
from final
