-- about: What became of each area between two vintages of a division. Of rows with the same key, the one loaded last.
-- grain: vintage_from, vintage_to, area_code_from, area_code_to, change_type
with
-- a code may name its vintage, as in 1280C1010_DeSO2025: what stands before is the code itself
delivered as (
    select
        * replace (
            if(
                contains(area_code_from, '_'),
                regexp_replace(area_code_from, '_(deso|regso)[0-9]{4}$', '', 'i'),
                area_code_from
            ) as area_code_from,
            if(
                contains(area_code_to, '_'),
                regexp_replace(area_code_to, '_(deso|regso)[0-9]{4}$', '', 'i'),
                area_code_to
            ) as area_code_to
        )
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
