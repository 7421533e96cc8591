-- about: Persons with a planned return visit for COPD, diagnosed at the visit, in the 18 months before a period ends.
-- grain: period_code, person_key
with
diagnoses as (
    select distinct contact_id
    from staging.stg_delivered__diagnosis
    where icd10se like 'J44%'
),

contacts as (
    select contact_id, person_key, contact_date
    from staging.stg_delivered__contact
    where person_key is not null
        and coalesce(visit_type, 'return') = 'return'
        and coalesce(contact_form, 'visit') in ('visit', 'home_visit', 'remote_video')
        and not coalesce(missed, false)
        and not coalesce(cancelled, false)
),

periods as (
    select period_code, contact_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select distinct
        periods.period_code,
        contacts.person_key
    from contacts
    inner join diagnoses using (contact_id)
    inner join periods
        on contacts.contact_date >= periods.contact_start
        and contacts.contact_date < periods.period_end
)

select *
from by_period
