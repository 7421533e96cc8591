-- about: What became of each area between two vintages of a division. Of rows with the same key, the one loaded last.
-- grain: vintage_from, vintage_to, area_code_from, area_code_to, change_type
with
delivered as (
    select *
    from raw.area_change
),

repeated as (
    select vintage_from, vintage_to, area_code_from, area_code_to, change_type
    from delivered
    group by vintage_from, vintage_to, area_code_from, area_code_to, change_type
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (vintage_from, vintage_to, area_code_from, area_code_to, change_type)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (vintage_from, vintage_to, area_code_from, area_code_to, change_type)
    qualify row_number() over (
        partition by vintage_from, vintage_to, area_code_from, area_code_to, change_type
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
        vintage_from,
        vintage_to,
        area_code_from,
        area_code_to,
        change_type,
        population_share
    from latest
)

select *
from final
