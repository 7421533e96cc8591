-- about: Persons with a new depression, none in the year before it, whose first six months ended in a period, and the day of it.
-- grain: period_code, person_key
with
by_day as (
    select
        person_key,
        diagnosis_date,
        bool_or(care_level <> 'SV') as is_outpatient
    from staging.stg_delivered__diagnosis
    where person_key is not null
        and left(icd10se, 3) in ('F32', 'F33')
    group by person_key, diagnosis_date
),

begun as (
    select
        person_key,
        diagnosis_date,
        is_outpatient,
        lag(diagnosis_date) over (partition by person_key order by diagnosis_date) as day_before
    from by_day
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select
        periods.period_code,
        begun.person_key,
        min(begun.diagnosis_date) as depression_date
    from begun
    inner join periods
        on begun.diagnosis_date >= periods.period_start - to_months(6)
        and begun.diagnosis_date < periods.period_end - to_months(6)
    where begun.is_outpatient
        and (
            begun.day_before is null
            or begun.day_before < begun.diagnosis_date - to_months(12)
        )
    group by periods.period_code, begun.person_key
)

select *
from by_period
