-- about: Values that quality registers hold about their persons. Of rows with the same key, the one loaded last.
-- grain: person_key, register_code, registered_date, register_variable
with
delivered as (
    select *
    from raw.quality_register_value
),

repeated as (
    select person_key, register_code, registered_date, register_variable
    from delivered
    group by person_key, register_code, registered_date, register_variable
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (person_key, register_code, registered_date, register_variable)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (person_key, register_code, registered_date, register_variable)
    qualify row_number() over (
        partition by person_key, register_code, registered_date, register_variable
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
        register_code,
        registered_date,
        register_variable,
        register_value
    from latest
)

select *
from final
