-- about: Each unit with the days that each row about it holds for: until the next, the earliest also before.
-- grain: unit_hsa_id, valid_from
with
units as (
    select *
    from staging.stg_delivered__unit
),

valid as (
    select
        unit_hsa_id,
        provider_type,
        financing_type,
        municipality_code,
        area_code,
        case
            when lag(from_date) over chronicle is null then '-infinity'::date
            else from_date
        end as valid_from,
        coalesce(lead(from_date) over chronicle, 'infinity'::date) as valid_to
    from units
    window chronicle as (partition by unit_hsa_id order by from_date)
)

select *
from valid
