-- about: Antibiotics dispensed in a period, and drugs for chronic conditions in the 36 months before it ends.
-- grain: period_code, person_key
with
dispensings as (
    select person_key, dispensed_date, atc_code
    from staging.stg_delivered__dispensing
    where person_key is not null
),

periods as (
    select period_code, period_start, period_end, need_start
    from intermediate.int_period__counted
),

by_day as (
    select
        person_key,
        dispensed_date,
        count(*) filter (where atc_code like 'J01%' and atc_code <> 'J01XX05') as n_antibiotics,
        bool_or(regexp_matches(atc_code, '^(A10|C10AA|B01A|R03|C0[7-9])')) as is_chronic_drug
    from dispensings
    group by person_key, dispensed_date
),

relevant as (
    select *
    from by_day
    where n_antibiotics > 0 or is_chronic_drug
),

by_period as (
    select
        periods.period_code,
        relevant.person_key,
        coalesce(
            sum(relevant.n_antibiotics) filter (
                where relevant.dispensed_date >= periods.period_start
            ),
            0
        )::bigint as n_antibiotic_dispensings,
        coalesce(
            bool_or(relevant.is_chronic_drug) filter (
                where relevant.dispensed_date >= periods.need_start
            ),
            false
        ) as has_chronic_drug
    from relevant
    inner join periods
        on relevant.dispensed_date >= least(periods.need_start, periods.period_start)
        and relevant.dispensed_date < periods.period_end
    group by periods.period_code, relevant.person_key
)

select *
from by_period
