-- about: Individual socioeconomics of each person and year, where delivered. Of rows with the same key, the one loaded last.
-- grain: person_key, year
with
delivered as (
    select *
    from raw.individual_ses
),

repeated as (
    select person_key, year
    from delivered
    group by person_key, year
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (person_key, year)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (person_key, year)
    qualify row_number() over (
        partition by person_key, year
        order by load_id desc, row_number desc
    ) = 1
),

latest as (
    select *
    from delivered_once
    union all by name
    select *
    from loaded_last
),

final as (
    select
        person_key,
        year,
        sun2020_level1,
        education,
        disposable_income_per_cu,
        income_quintile,
        low_economic_standard,
        economic_standard,
        labour_status,
        sickness_compensation,
        lss,
        ses_year
    from latest
)

select *
from final
