-- about: Visits to emergency departments counted for each person in a period.
-- grain: period_code, person_key
with
visits as (
    select person_key, arrival_date
    from staging.stg_delivered__emergency_visit
    where person_key is not null
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select
        periods.period_code,
        visits.person_key,
        count(*) as n_emergency_visits
    from visits
    inner join periods
        on visits.arrival_date >= periods.period_start
        and visits.arrival_date < periods.period_end
    group by periods.period_code, visits.person_key
)

select *
from by_period
