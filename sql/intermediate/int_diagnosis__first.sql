-- about: Persons whose first diagnosis of COPD or type 2 diabetes, none in the two years before, came in a period, and whether it was made in hospital.
-- grain: period_code, person_key
with
told as (
    select
        person_key,
        diagnosis_date,
        left(icd10se, 3) as disease,
        care_level = 'SV' as is_in_hospital
    from staging.stg_delivered__diagnosis
    where left(icd10se, 3) in ('J44', 'E11')
    union all
    select
        person_key,
        in_date as diagnosis_date,
        left(main_diagnosis, 3) as disease,
        true as is_in_hospital
    from staging.stg_delivered__inpatient
    where left(main_diagnosis, 3) in ('J44', 'E11')
),

by_day as (
    select
        person_key,
        disease,
        diagnosis_date,
        bool_or(is_in_hospital) as is_in_hospital
    from told
    where person_key is not null
    group by person_key, disease, diagnosis_date
),

begun as (
    select
        *,
        lag(diagnosis_date) over (partition by person_key, disease order by diagnosis_date)
            as day_before
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
        bool_or(begun.is_in_hospital) as is_first_diagnosed_in_hospital
    from begun
    inner join periods
        on begun.diagnosis_date >= periods.period_start
        and begun.diagnosis_date < periods.period_end
    where begun.day_before is null
        or begun.day_before < begun.diagnosis_date - to_months(24)
    group by periods.period_code, begun.person_key
)

select *
from by_period
