-- about: Which areas make up which larger ones, year by year: DeSO in RegSO, both in municipalities.
-- grain: part_kind, part_code, vintage, year, area_kind
with
areas as (
    select *
    from staging.stg_delivered__area
),

keys as (
    select *
    from intermediate.int_area__key
),

above as (
    select
        areas.area_kind as part_kind,
        areas.area_code as part_code,
        areas.vintage,
        areas.year,
        coalesce(keys.regso_code, areas.regso_code) as regso_code,
        coalesce(
            keys.municipality_code,
            areas.municipality_code,
            case
                when regexp_full_match(areas.area_code, '[0-9]{4}R[0-9]{3}')
                    then left(areas.area_code, 4)
            end
        ) as municipality_code
    from areas
    left join keys
        on areas.area_kind = 'deso'
        and areas.vintage = keys.vintage
        and areas.area_code = keys.deso_code
    where areas.area_kind in ('deso', 'regso')
),

final as (
    select part_kind, part_code, vintage, year, 'regso' as area_kind, regso_code as area_code
    from above
    where part_kind = 'deso'
        and regso_code is not null
    union all
    select
        part_kind,
        part_code,
        vintage,
        year,
        'municipality' as area_kind,
        municipality_code as area_code
    from above
    where municipality_code is not null
)

select *
from final
