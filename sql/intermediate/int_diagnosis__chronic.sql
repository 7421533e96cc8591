-- about: The chronic conditions that a person was diagnosed with, at any level of care, in the 36 months before a period ends.
-- grain: period_code, person_key
with
diagnoses as (
    select person_key, diagnosis_date, icd10se
    from staging.stg_delivered__diagnosis
    where person_key is not null
),

periods as (
    select period_code, need_start, period_end
    from intermediate.int_period__counted
),

-- a bit a condition: one number a person and day instead of ten columns
grouped as (
    select
        person_key,
        diagnosis_date,
        case
            when icd10se like 'J44%' then 1
            when icd10se like 'J45%' then 2
            when icd10se like 'E10%' then 4
            when icd10se like 'E11%' then 4 + 1024
            when icd10se like 'I10%' then 8
            when icd10se like 'I48%' then 16
            when icd10se like 'I50%' then 32
            when left(icd10se, 3) between 'I20' and 'I25' then 64
            when left(icd10se, 3) in ('F32', 'F33') then 128
            when left(icd10se, 3) in ('F40', 'F41') then 256
            when left(icd10se, 3) in ('F00', 'F01', 'F02', 'F03', 'G30') then 512
        end as chronic_groups
    from diagnoses
),

by_day as (
    select person_key, diagnosis_date, bit_or(chronic_groups) as chronic_groups
    from grouped
    where chronic_groups is not null
    group by person_key, diagnosis_date
),

by_period as (
    select
        periods.period_code,
        by_day.person_key,
        bit_or(by_day.chronic_groups) as chronic_groups
    from by_day
    inner join periods
        on by_day.diagnosis_date >= periods.need_start
        and by_day.diagnosis_date < periods.period_end
    group by periods.period_code, by_day.person_key
),

final as (
    select
        period_code,
        person_key,
        bit_count(chronic_groups & 1023)::integer as n_chronic_groups,
        chronic_groups & 1 > 0 as has_copd,
        chronic_groups & 1024 > 0 as has_diabetes,
        chronic_groups & 8 > 0 as has_hypertension
    from by_period
)

select *
from final
