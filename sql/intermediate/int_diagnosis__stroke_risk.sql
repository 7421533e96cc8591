-- about: The points of CHA2DS2-VASc of listed persons with atrial fibrillation, from diagnoses and admissions in the 60 months before a period ends.
-- grain: period_code, person_key
with
told as (
    select person_key, diagnosis_date as told_date, icd10se
    from staging.stg_delivered__diagnosis
    union all
    select person_key, in_date as told_date, main_diagnosis as icd10se
    from staging.stg_delivered__inpatient
),

listed as (
    select period_code, person_key, sex, age
    from intermediate.int_person__listed
),

periods as (
    select period_code, risk_start, period_end
    from intermediate.int_period__counted
),

fibrillating as (
    select distinct person_key
    from told
    where icd10se like 'I48%'
),

-- one code may tell of two conditions, as I110 of hypertension and heart failure
conditions as (
    select
        told.person_key,
        told.told_date,
        told.icd10se like 'I48%' as is_fibrillation,
        regexp_matches(told.icd10se, '^(I50|I43|I099|I110|I13[02]|I255|I42[05-9])') as is_failure,
        regexp_matches(told.icd10se, '^I1[0-35]') as is_hypertension,
        regexp_matches(told.icd10se, '^E1[0-4]') as is_diabetes,
        regexp_matches(told.icd10se, '^(I6[34]|G45[0-35-9]|I74|H34[12])') as is_stroke,
        regexp_matches(
            told.icd10se, '^(I2[12]|I252|I7[01]|I73[189]|I771|I79[02]|K55[189]|Z95[89])'
        ) as is_vascular
    from told
    semi join fibrillating using (person_key)
),

by_period as (
    select
        listed.period_code,
        listed.person_key,
        (
            bool_or(is_failure)::integer
            + bool_or(is_hypertension)::integer
            + bool_or(is_diabetes)::integer
            + bool_or(is_stroke)::integer * 2
            + bool_or(is_vascular)::integer
            + (any_value(listed.sex) = 'female')::integer
            + (any_value(listed.age) >= 65)::integer
            + (any_value(listed.age) >= 75)::integer
        ) as stroke_risk_points
    from listed
    inner join periods using (period_code)
    inner join conditions
        on listed.person_key = conditions.person_key
        and conditions.told_date >= periods.risk_start
        and conditions.told_date < periods.period_end
    group by listed.period_code, listed.person_key
    having bool_or(is_fibrillation)
)

select *
from by_period
