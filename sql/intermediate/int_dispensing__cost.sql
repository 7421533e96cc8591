-- about: What the drugs dispensed to each person in a period cost the region and the person together.
-- grain: period_code, person_key
with
dispensings as (
    select
        person_key,
        dispensed_date,
        coalesce(benefit_cost_sek, 0) + coalesce(copay_sek, 0) as drug_sek
    from staging.stg_delivered__dispensing
    where person_key is not null
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select
        periods.period_code,
        dispensings.person_key,
        sum(dispensings.drug_sek)::decimal(18, 2) as drug_cost_sek
    from dispensings
    inner join periods
        on dispensings.dispensed_date >= periods.period_start
        and dispensings.dispensed_date < periods.period_end
    group by periods.period_code, dispensings.person_key
)

select *
from by_period
