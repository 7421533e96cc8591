-- about: Vaccinations. Of rows with the same key, the one loaded last.
-- grain: person_key, vaccination_date, vaccine
with
delivered as (
    select *
    from raw.vaccination
),

repeated as (
    select person_key, vaccination_date, vaccine
    from delivered
    group by person_key, vaccination_date, vaccine
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (person_key, vaccination_date, vaccine)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (person_key, vaccination_date, vaccine)
    qualify row_number() over (
        partition by person_key, vaccination_date, vaccine
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
        vaccination_date,
        vaccine,
        arena
    from latest
)

select *
from final
