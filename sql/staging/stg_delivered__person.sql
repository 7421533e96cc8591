-- about: Persons with their status on 31 December of each year. Of rows with the same key, the one loaded last.
-- grain: person_key, year
with
-- a code may name its vintage, as in 1280C1010_DeSO2025: what stands before is the code itself
delivered as (
    select
        * replace (
            if(
                contains(area_code, '_'),
                regexp_replace(area_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                area_code
            ) as area_code,
            if(
                contains(deso_code, '_'),
                regexp_replace(deso_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                deso_code
            ) as deso_code
        )
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
