-- about: Care units as last described.
-- grain: unit_hsa_id
with
units as (
    select *
    from staging.stg_delivered__unit
),

latest as (
    select *
    from units
    qualify row_number() over (partition by unit_hsa_id order by from_date desc) = 1
)

select *
from latest
