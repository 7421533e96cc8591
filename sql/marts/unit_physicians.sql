-- about: How many physicians the contacts of each unit name in the newest long period, and the physicians' posts that the unit tells of.
-- grain: unit_hsa_id
with
contacts as (
    select unit_hsa_id, physician_key, contact_date
    from staging.stg_delivered__contact
    where physician_key is not null
        and unit_hsa_id is not null
),

periods as (
    select period_start, period_end
    from intermediate.int_period__newest
),

units as (
    select unit_hsa_id, physician_fte
    from mart.dim_unit
),

met as (
    select contacts.unit_hsa_id, count(distinct contacts.physician_key) as n_physicians
    from contacts
    inner join periods
        on contacts.contact_date >= periods.period_start
        and contacts.contact_date < periods.period_end
    group by contacts.unit_hsa_id
),

every as (
    select unit_hsa_id
    from units
    union
    select unit_hsa_id
    from met
),

described as (
    select every.unit_hsa_id, met.n_physicians, units.physician_fte
    from every
    left join met using (unit_hsa_id)
    left join units using (unit_hsa_id)
)

select *
from described
