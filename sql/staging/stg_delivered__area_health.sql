-- about: Persons in ill health and all persons by area, year and age. Of rows with the same key, the one loaded last.
-- grain: area_code, year, age_group
with
-- a code may name its vintage, as in 1280C1010_DeSO2025: what stands before is the code itself
delivered as (
    select
        * replace (
            if(
                contains(area_code, '_'),
                regexp_replace(area_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                area_code
            ) as area_code
        )
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
