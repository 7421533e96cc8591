-- about: Whether persons in the lung register smoke, by its latest answer of the 24 months before a period ends, and whether support to stop was offered to them.
-- grain: period_code, person_key
with
answers as (
    select person_key, registered_date, register_variable, register_value
    from staging.stg_delivered__quality_register_value
    where person_key is not null
        and lower(register_code) = 'lvr'
        and register_variable in ('smoking', 'smoking_support')
),

by_day as (
    select
        person_key,
        registered_date,
        max(register_value) filter (where register_variable = 'smoking') = 1
            as is_register_smoker,
        max(register_value) filter (where register_variable = 'smoking_support') = 1
            as is_offered_smoking_support
    from answers
    group by person_key, registered_date
),

periods as (
    select period_code, procedure_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select
        periods.period_code,
        by_day.person_key,
        arg_max(by_day.is_register_smoker, by_day.registered_date)
            filter (where by_day.is_register_smoker is not null) as is_register_smoker,
        coalesce(bool_or(by_day.is_offered_smoking_support), false)
            as is_offered_smoking_support
    from by_day
    inner join periods
        on by_day.registered_date >= periods.procedure_start
        and by_day.registered_date < periods.period_end
    group by periods.period_code, by_day.person_key
)

select *
from by_period
