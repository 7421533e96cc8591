-- about: Persons vaccinated against influenza in a period.
-- grain: period_code, person_key
with
vaccinations as (
    select distinct person_key, vaccination_date
    from staging.stg_delivered__vaccination
    where person_key is not null
        and vaccine = 'influenza'
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select distinct
        periods.period_code,
        vaccinations.person_key
    from vaccinations
    inner join periods
        on vaccinations.vaccination_date >= periods.period_start
        and vaccinations.vaccination_date < periods.period_end
)

select *
from by_period
