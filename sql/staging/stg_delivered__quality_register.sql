-- about: Inclusions in quality registers. Of rows with the same key, the one loaded last.
-- grain: person_key, inclusion_date, register_code
with
delivered as (
    select *
    from raw.quality_register
),

repeated as (
    select person_key, inclusion_date, register_code
    from delivered
    group by person_key, inclusion_date, register_code
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (person_key, inclusion_date, register_code)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (person_key, inclusion_date, register_code)
    qualify row_number() over (
        partition by person_key, inclusion_date, register_code
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
        inclusion_date,
        register_code
    from latest
)

select *
from final
