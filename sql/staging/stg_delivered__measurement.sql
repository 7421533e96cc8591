-- about: Measured values. Of rows with the same key, the one loaded last.
-- grain: person_key, measurement_date, measurement_type
with
delivered as (
    select *
    from raw.measurement
),

repeated as (
    select person_key, measurement_date, measurement_type
    from delivered
    group by person_key, measurement_date, measurement_type
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (person_key, measurement_date, measurement_type)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (person_key, measurement_date, measurement_type)
    qualify row_number() over (
        partition by person_key, measurement_date, measurement_type
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
        measurement_date,
        measurement_type,
        measurement_value,
        measurement_unit,
        measurement_method
    from latest
)

select *
from final
