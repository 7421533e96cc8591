-- about: The different drugs dispensed to a person in the year before a period ends, and which of them are named by a guideline.
-- grain: period_code, person_key
with
dispensings as (
    select person_key, dispensed_date, atc_code
    from staging.stg_delivered__dispensing
    where person_key is not null
),

periods as (
    select period_code, year_start, period_end
    from intermediate.int_period__counted
),

by_drug as (
    select distinct
        periods.period_code,
        dispensings.person_key,
        dispensings.atc_code
    from dispensings
    inner join periods
        on dispensings.dispensed_date >= periods.year_start
        and dispensings.dispensed_date < periods.period_end
),

-- a drug is a whole substance code of seven signs; maintenance drugs act for half a day or longer
by_period as (
    select
        period_code,
        person_key,
        count(*) filter (where length(atc_code) = 7) as n_drugs,
        count(*) filter (
            where regexp_matches(atc_code, '^R03(AC1[2389]|AK|AL|BA|BB)')
        ) as n_maintenance_drugs,
        bool_or(atc_code like 'C10AA%') as has_statin,
        bool_or(regexp_matches(atc_code, '^B01A(A03|E07|F)')) as has_anticoagulant
    from by_drug
    group by period_code, person_key
)

select *
from by_period
