-- about: The latest answer on each living habit: smoking in the 36 months before a period ends, and whether any habit of 24 months is unhealthy.
-- grain: period_code, person_key
with
habits as (
    select person_key, measurement_date, measurement_type, measurement_value
    from staging.stg_delivered__measurement
    where person_key is not null
        and measurement_type in (
            'smoking', 'hazardous_alcohol', 'insufficient_activity', 'unhealthy_diet'
        )
),

periods as (
    select period_code, procedure_start, need_start, period_end
    from intermediate.int_period__counted
),

latest as (
    select
        periods.period_code,
        habits.person_key,
        habits.measurement_type,
        arg_max(habits.measurement_value, habits.measurement_date) = 1 as is_unhealthy,
        max(habits.measurement_date) >= any_value(periods.procedure_start) as is_recent
    from habits
    inner join periods
        on habits.measurement_date >= least(periods.need_start, periods.procedure_start)
        and habits.measurement_date < periods.period_end
    group by periods.period_code, habits.person_key, habits.measurement_type
),

by_period as (
    select
        period_code,
        person_key,
        any_value(is_unhealthy) filter (where measurement_type = 'smoking') as is_smoker,
        bool_or(is_unhealthy) filter (where is_recent) as has_unhealthy_habit
    from latest
    group by period_code, person_key
)

select *
from by_period
