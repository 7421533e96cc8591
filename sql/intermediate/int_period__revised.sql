-- about: Periods for which rows came or changed after the day on which the end of the period was first delivered.
-- grain: period_code
with
periods as (
    select *
    from intermediate.int_period__made
    where is_counted
),

months as (
    select *
    from staging.stg_delivered__month
),

-- an extract made before the period ended cannot have the whole of it
covered as (
    select
        periods.period_code,
        months.entity,
        min(months.extracted_on) as covered_on
    from periods
    inner join months
        on months.event_month >= date_trunc('month', periods.period_end - to_days(1))
        and months.extracted_on >= periods.period_end
    where months.n_rows > 0
    group by all
),

-- what a file repeats unchanged month after month was told the first time
first_told as (
    select entity, event_month, n_rows, content_hash, min(extracted_on) as told_on
    from months
    group by all
),

final as (
    select distinct periods.period_code
    from periods
    inner join covered using (period_code)
    inner join first_told using (entity)
    where first_told.told_on > covered.covered_on
        and first_told.event_month >= date_trunc('month', periods.period_start)
        and first_told.event_month < periods.period_end
)

select *
from final
