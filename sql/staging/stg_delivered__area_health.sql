-- about: Persons in ill health and all persons by area, year and age. Of rows with the same key, the one loaded last.
-- grain: area_code, year, age_group
with
delivered as (
    select *
    from raw.area_health
),

repeated as (
    select area_code, year, age_group
    from delivered
    group by area_code, year, age_group
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (area_code, year, age_group)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (area_code, year, age_group)
    qualify row_number() over (
        partition by area_code, year, age_group
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
        area_code,
        year,
        age_group,
        n_ill,
        population
    from latest
)

select *
from final
