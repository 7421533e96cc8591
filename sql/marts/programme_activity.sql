-- about: What the units of a programme tried, and when; an activity without a unit is the whole programme's.
-- grain: activity_id
with
activities as (
    select *
    from staging.stg_delivered__programme_activity
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
    from activities
)

select *
from final
