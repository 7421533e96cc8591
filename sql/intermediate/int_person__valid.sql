-- about: Persons with the years each status row holds for, and the day of death known from any of them.
-- grain: person_key, year
with
persons as (
    select *
    from staging.stg_delivered__person
),

valid as (
    select
        person_key,
        year,
        sex,
        birth_year,
        coalesce(
            country_of_birth,
            case
                when country_of_birth_11 in ('nordic', 'eu') then 'nordic_eu_eea'
                when country_of_birth_11 in ('sweden', 'other_europe', 'missing')
                    then country_of_birth_11
                when country_of_birth_11 is not null then 'outside_europe'
            end
        ) as country_of_birth,
        coalesce(
            area_code,
            deso_code,
            case when getvariable('area_kind') = 'municipality' then municipality_code end
        ) as area_code,
        municipality_code,
        needs_interpreter,
        chronic_conditions,
        disability_proxy,
        economic_standard,
        max(death_date) over (partition by person_key) as death_date,
        case
            when lag(year) over chronicle is null then 0
            else year
        end as valid_from_year,
        coalesce(lead(year) over chronicle, 9999) as valid_to_year
    from persons
    window chronicle as (partition by person_key order by year)
)

select *
from valid
