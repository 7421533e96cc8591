-- about: Emergency-department visits. Of rows with the same key, the one loaded last.
-- grain: visit_id
with
delivered as (
    select *
    from raw.emergency_visit
),

repeated as (
    select visit_id
    from delivered
    group by visit_id
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (visit_id)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (visit_id)
    qualify row_number() over (
        partition by visit_id
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
        visit_id,
        person_key,
        arrival_date,
        unit_hsa_id,
        is_admitted
    from latest
)

select *
from final
