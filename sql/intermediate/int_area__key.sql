-- about: The RegSO and municipality of each DeSO, by vintage: from the publisher's key, else as the area itself was delivered.
-- grain: vintage, deso_code
with
keys as (
    select *
    from staging.stg_delivered__area_key
),

areas as (
    select *
    from staging.stg_delivered__area
    where area_kind = 'deso'
),

described as (
    select
        vintage,
        area_code as deso_code,
        arg_max(regso_code, year) as regso_code,
        arg_max(municipality_code, year) as municipality_code
    from areas
    group by vintage, area_code
),

final as (
    select
        vintage,
        deso_code,
        coalesce(keys.regso_code, described.regso_code) as regso_code,
        -- the first four signs of a code are the municipality
        coalesce(
            keys.municipality_code,
            described.municipality_code,
            case
                when regexp_full_match(deso_code, '[0-9]{4}[ABC][0-9]{4}')
                    then left(deso_code, 4)
            end
        ) as municipality_code
    from keys
    full join described using (vintage, deso_code)
)

select *
from final
