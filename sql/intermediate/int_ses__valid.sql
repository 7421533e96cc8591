-- about: Individual socioeconomics with the years each row holds for: until the next, the earliest also before.
-- grain: person_key, year
with
socioeconomics as (
    select *
    from staging.stg_delivered__individual_ses
),

valid as (
    select
        person_key,
        year,
        coalesce(ses_year, year) as ses_year,
        coalesce(
            education,
            case
                when sun2020_level1 in ('0', '1', '2') then 'pre_secondary'
                when sun2020_level1 = '3' then 'upper_secondary'
                when sun2020_level1 in ('4', '5', '6') then 'post_secondary'
                when sun2020_level1 is not null then 'missing'
            end
        ) as education,
        income_quintile,
        coalesce(
            economic_standard,
            case
                when low_economic_standard then 'low'
                when not low_economic_standard then 'not_low'
            end
        ) as economic_standard,
        case labour_status
            when 'employed' then 'employed'
            when 'unemployed' then 'not_employed'
            when 'sick' then 'not_employed'
            when 'other' then 'not_employed'
            when 'student' then 'student_or_pensioner'
            when 'pensioner' then 'student_or_pensioner'
            else 'missing'
        end as employment,
        case
            when sickness_compensation or lss then 'disability'
            when coalesce(sickness_compensation, lss) is not null then 'none'
        end as disability_proxy,
        case
            when lag(year) over chronicle is null then 0
            else year
        end as valid_from_year,
        coalesce(lead(year) over chronicle, 9999) as valid_to_year
    from socioeconomics
    window chronicle as (partition by person_key order by year)
)

select *
from valid
