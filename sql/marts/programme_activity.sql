-- about: What the units of a programme tried, and when; an activity without a unit is the whole programme's.
-- grain: activity_id
with
activities as (
    select *
    from staging.stg_delivered__programme_activity
)

select *
from activities
