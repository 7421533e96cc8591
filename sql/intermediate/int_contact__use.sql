-- about: Contacts that took place, counted for each person in a period, and whether there was any in the 12 and 18 months before it ends.
-- grain: period_code, person_key
with
contacts as (
    select *
    from staging.stg_delivered__contact
    where person_key is not null
        and not coalesce(missed, false)
        and not coalesce(cancelled, false)
),

periods as (
    select period_code, period_start, period_end, year_start, contact_start
    from intermediate.int_period__counted
),

by_day as (
    select
        person_key,
        contact_date,
        count(*) as n_contacts,
        count(*) filter (
            where profession = 'physician'
                and contact_form in ('visit', 'home_visit', 'remote_video')
        ) as n_physician_visits
    from contacts
    group by person_key, contact_date
),

by_period as (
    select
        periods.period_code,
        by_day.person_key,
        coalesce(
            sum(by_day.n_contacts) filter (where by_day.contact_date >= periods.period_start), 0
        )::bigint as n_contacts,
        coalesce(
            sum(by_day.n_physician_visits) filter (
                where by_day.contact_date >= periods.period_start
            ),
            0
        )::bigint as n_physician_visits,
        max(by_day.contact_date) >= max(periods.year_start) as has_contact_12_months,
        max(by_day.contact_date) >= max(periods.contact_start) as has_contact_18_months
    from by_day
    inner join periods
        on by_day.contact_date >= least(periods.period_start, periods.contact_start)
        and by_day.contact_date < periods.period_end
    group by periods.period_code, by_day.person_key
)

select *
from by_period
