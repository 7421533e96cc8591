-- about: Persons with their status on 31 December of each year. Of rows with the same key, the one loaded last.
-- grain: person_key, year
with
delivered as (
    select *
    from raw.person
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
        sex,
        birth_year,
        death_date,
        country_of_birth,
        country_of_birth_11,
        years_in_sweden_group,
        civil_status,
        lives_alone,
        area_code,
        deso_code,
        municipality_code,
        needs_interpreter,
        chronic_conditions,
        disability_proxy,
        economic_standard
    from latest
)

select *
from final
