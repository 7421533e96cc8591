-- about: Persons with a new depression who had psychological treatment within six months of it.
-- grain: period_code, person_key
with
depressions as (
    select *
    from intermediate.int_diagnosis__new_depression
),

-- systematic psychological treatment: psychodynamic, cognitive, behavioural, cognitive-behavioural,
-- interpersonal; the list is to be held against the classification of the year
treatments as (
    select distinct person_key, procedure_date
    from staging.stg_delivered__procedure
    where person_key is not null
        and regexp_matches(kva_code, '^DU(00[89]|01[0-3]|022)')
),

by_period as (
    select distinct
        depressions.period_code,
        depressions.person_key
    from depressions
    inner join treatments
        on depressions.person_key = treatments.person_key
        and treatments.procedure_date >= depressions.depression_date
        and treatments.procedure_date < depressions.depression_date + to_months(6)
)

select *
from by_period
