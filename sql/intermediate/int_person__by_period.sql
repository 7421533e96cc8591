-- about: Each person as he or she was at the start of a period: age, socioeconomics, morbidity, area.
-- grain: period_code, person_key
with
periods as (
    select *
    from intermediate.int_period__counted
),

persons as (
    select *
    from intermediate.int_person__valid
),

socioeconomics as (
    select *
    from intermediate.int_ses__valid
),

diagnosed as (
    select period_code, person_key, n_chronic_groups
    from intermediate.int_diagnosis__chronic
),

scope as (
    select *
    from intermediate.int_delivery__scope
),

chosen as (
    select
        periods.period_code,
        periods.period_start,
        periods.period_end,
        periods.period_years,
        periods.status_year,
        greatest(0, periods.age_year - persons.birth_year) as age,
        persons.*
    from periods
    inner join persons
        on periods.status_year >= persons.valid_from_year
        and periods.status_year < persons.valid_to_year
),

described as (
    select
        chosen.*,
        socioeconomics.ses_year,
        socioeconomics.education as education_delivered,
        socioeconomics.income_quintile as income_delivered,
        socioeconomics.economic_standard as economic_standard_of_adult,
        socioeconomics.employment as employment_delivered,
        case
            when scope.has_disability_delivered then chosen.disability_proxy
            else coalesce(socioeconomics.disability_proxy, 'none')
        end as disability_delivered,
        case
            when scope.has_chronic_conditions then coalesce(chosen.chronic_conditions, 0)
            when scope.has_morbidity then coalesce(diagnosed.n_chronic_groups, 0)
        end as n_chronic,
        scope.*
    from chosen
    cross join scope
    left join socioeconomics
        on chosen.person_key = socioeconomics.person_key
        and chosen.status_year >= socioeconomics.valid_from_year
        and chosen.status_year < socioeconomics.valid_to_year
    left join diagnosed
        on chosen.period_code = diagnosed.period_code
        and chosen.person_key = diagnosed.person_key
),

final as (
    select
        period_code,
        person_key,
        period_start,
        period_end,
        period_years,
        death_date,
        age::smallint as age,
        sex,
        case
            when age < 18 then '0-17'
            when age < 45 then '18-44'
            when age < 65 then '45-64'
            when age < 80 then '65-79'
            else '80+'
        end as age_band,
        case
            when age >= 85 then '85+'
            else printf('%02d-%02d', (age // 5) * 5, (age // 5) * 5 + 4)
        end as age_group,
        case
            when n_chronic = 0 then 'none'
            when n_chronic = 1 then 'one'
            when n_chronic = 2 then 'two'
            when n_chronic >= 3 then 'three_or_more'
        end as morbidity,
        case
            when has_education and age >= 25 then coalesce(education_delivered, 'missing')
        end as education,
        case
            when has_income_quintile and age >= 20 then coalesce(income_delivered, 'missing')
        end as income_quintile,
        -- what the register of incomes says holds for adults; a household's marker holds for its children too
        case
            when has_economic_standard and age >= 20
                then coalesce(economic_standard_of_adult, economic_standard, 'missing')
            when has_economic_standard_of_person then coalesce(economic_standard, 'missing')
        end as economic_standard,
        case
            when has_employment and age between 20 and 64
                then coalesce(employment_delivered, 'missing')
        end as employment,
        case
            when has_country_of_birth then coalesce(country_of_birth, 'missing')
        end as country_of_birth,
        case
            when has_disability_proxy then coalesce(disability_delivered, 'missing')
        end as disability_proxy,
        ses_year,
        area_code,
        municipality_code,
        case
            when has_needs_interpreter then coalesce(needs_interpreter, false)
        end as needs_interpreter
    from described
)

select *
from final
