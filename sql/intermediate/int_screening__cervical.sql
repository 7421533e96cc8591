-- about: Persons invited to cervical screening whose year to answer ended in a period, and whether a sample came within it.
-- grain: period_code, person_key
with
invitations as (
    select person_key, invited_date, sampled_date
    from staging.stg_delivered__screening
    where person_key is not null
        and screening_type = 'cervical'
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select
        periods.period_code,
        invitations.person_key,
        coalesce(
            bool_or(invitations.sampled_date < invitations.invited_date + to_years(1)), false
        ) as is_sampled_cervical
    from invitations
    inner join periods
        on invitations.invited_date >= periods.period_start - to_years(1)
        and invitations.invited_date < periods.period_end - to_years(1)
    group by periods.period_code, invitations.person_key
)

select *
from by_period
