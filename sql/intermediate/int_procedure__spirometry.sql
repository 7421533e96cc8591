-- about: Persons with a spirometry in a period or in the 24 months before it ends.
-- grain: period_code, person_key
with
spirometries as (
    select distinct person_key, procedure_date
    from staging.stg_delivered__procedure
    where person_key is not null
        and kva_code like 'AG05%'
),

periods as (
    select period_code, procedure_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select distinct
        periods.period_code,
        spirometries.person_key
    from spirometries
    inner join periods
        on spirometries.procedure_date >= periods.procedure_start
        and spirometries.procedure_date < periods.period_end
)

select *
from by_period
