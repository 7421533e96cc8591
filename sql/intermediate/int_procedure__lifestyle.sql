-- about: Persons who got advice or support on a living habit, and on tobacco, in the year before a period ends.
-- grain: period_code, person_key
with
measures as (
    select person_key, procedure_date, kva_code
    from staging.stg_delivered__procedure
    where person_key is not null
        and kva_code like 'DV1%'
),

periods as (
    select period_code, year_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select
        periods.period_code,
        measures.person_key,
        bool_or(measures.kva_code like 'DV11%') as has_tobacco_measure
    from measures
    inner join periods
        on measures.procedure_date >= periods.year_start
        and measures.procedure_date < periods.period_end
    group by periods.period_code, measures.person_key
)

select *
from by_period
