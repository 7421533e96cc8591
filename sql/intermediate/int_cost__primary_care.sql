-- about: The cost of primary-care visits of each person in a period.
-- grain: period_code, person_key
with
costs as (
    select person_key, cost_month, cost_sek
    from staging.stg_delivered__cost
    where person_key is not null
        and cost_type = 'visit'
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select
        periods.period_code,
        costs.person_key,
        sum(costs.cost_sek)::decimal(18, 2) as primary_care_cost_sek
    from costs
    inner join periods
        on costs.cost_month >= periods.period_start
        and costs.cost_month < periods.period_end
    group by periods.period_code, costs.person_key
)

select *
from by_period
