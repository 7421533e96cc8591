-- about: Bice and Boxerman's continuity index of persons with three or more visits to known physicians in the 18 months before a period ends.
-- grain: period_code, person_key
with
visits as (
    select person_key, contact_date, physician_key
    from staging.stg_delivered__contact
    where person_key is not null
        and physician_key is not null
        and profession = 'physician'
        and contact_form in ('visit', 'home_visit', 'remote_video')
        and not coalesce(missed, false)
        and not coalesce(cancelled, false)
),

periods as (
    select period_code, contact_start, period_end
    from intermediate.int_period__counted
),

by_physician as (
    select
        periods.period_code,
        visits.person_key,
        visits.physician_key,
        count(*) as n_visits
    from visits
    inner join periods
        on visits.contact_date >= periods.contact_start
        and visits.contact_date < periods.period_end
    group by periods.period_code, visits.person_key, visits.physician_key
),

by_period as (
    select
        period_code,
        person_key,
        (
            (sum(n_visits * n_visits) - sum(n_visits))
            / (sum(n_visits) * (sum(n_visits) - 1))
        )::decimal(9, 6) as continuity_index
    from by_physician
    group by period_code, person_key
    having sum(n_visits) >= 3
)

select *
from by_period
