-- about: What the units of a programme tried, and when. Of rows with the same key, the one loaded last.
-- grain: activity_id
with
delivered as (
    select *
    from raw.programme_activity
),

repeated as (
    select activity_id
    from delivered
    group by activity_id
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (activity_id)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (activity_id)
    qualify row_number() over (
        partition by activity_id
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
        activity_id,
        programme_id,
        unit_hsa_id,
        from_date,
        to_date,
        target_area,
        activity_description
    from latest
)

select *
from final
