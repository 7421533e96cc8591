-- about: The region, municipalities, the areas that classes are made on, and units: names, and the place that each lies in.
-- grain: geography_level, geography_code
with
areas as (
    select *
    from intermediate.int_area__described
),

keys as (
    select *
    from intermediate.int_area__key
),

units as (
    select *
    from mart.dim_unit
),

persons as (
    select distinct municipality_code, area_code, unit_hsa_id
    from mart.fct_person
),

contacts as (
    select distinct municipality_code, area_code, unit_hsa_id
    from mart.fct_contact
),

calls as (
    select distinct municipality_code, area_code, unit_hsa_id
    from mart.fct_telephony
),

answers as (
    select distinct municipality_code, area_code, unit_hsa_id
    from mart.fct_survey
),

-- a place that nobody described is a place all the same where somebody is counted in it
counted as (
    select *
    from persons
    union
    select *
    from contacts
    union
    select *
    from calls
    union
    select *
    from answers
),

described as (
    select area_kind, area_code, municipality_code, year
    from areas
    where area_kind = getvariable('area_kind')
    union all
    select
        getvariable('area_kind') as area_kind,
        case getvariable('area_kind')
            when 'deso' then deso_code
            when 'regso' then regso_code
        end as area_code,
        municipality_code,
        0 as year
    from keys
),

municipalities as (
    select municipality_code
    from areas
    union
    select municipality_code
    from keys
    union
    select municipality_code
    from units
    union
    select municipality_code
    from counted
),

areas_named as (
    select
        getvariable('area_kind') as geography_level,
        coalesce(described.area_code, counted.area_code) as geography_code,
        -- no delivery names an area: its code is its name
        geography_code as geography_name,
        arg_max(described.municipality_code, described.year) as parent_code
    from described
    full join counted using (area_code)
    where geography_code is not null
        and getvariable('area_kind') <> 'municipality'
    group by geography_code
),

municipalities_named as (
    select
        'municipality' as geography_level,
        municipality_code as geography_code,
        municipality_code as geography_name,
        -- the first two signs of a Swedish code are the region
        case
            when regexp_full_match(municipality_code, '[0-9]{4}') then left(municipality_code, 2)
            else getvariable('region_code')
        end as parent_code
    from municipalities
    where municipality_code is not null
),

units_named as (
    select
        'unit' as geography_level,
        coalesce(units.unit_hsa_id, counted.unit_hsa_id) as geography_code,
        any_value(coalesce(units.unit_name, geography_code)) as geography_name,
        any_value(units.municipality_code) as parent_code
    from units
    full join counted using (unit_hsa_id)
    where geography_code is not null
    group by geography_code
),

region as (
    select
        'region' as geography_level,
        getvariable('region_code') as geography_code,
        getvariable('region_name') as geography_name,
        null::varchar as parent_code
),

final as (
    select *
    from region
    union all by name
    select *
    from municipalities_named
    union all by name
    select *
    from areas_named
    union all by name
    select *
    from units_named
)

select *
from final
