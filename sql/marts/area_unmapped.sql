-- about: Areas that stand in one vintage only and in no change: nobody can say where their people were before or after the break.
-- grain: vintage, area_code
with
links as (
    select *
    from intermediate.int_area__link
),

keys as (
    select *
    from intermediate.int_area__key
),

final as (
    select
        keys.vintage,
        keys.deso_code as area_code,
        keys.municipality_code
    from keys
    semi join links on keys.vintage = links.vintage_from
    anti join links
        on keys.vintage = links.vintage_from
        and keys.deso_code = links.area_code_from
)

select *
from final
