-- about: Units in each period with structural groups, and the groups of the area where the unit lies.
-- grain: period_code, unit_hsa_id
with
units as (
    select *
    from intermediate.int_unit__by_period
),

areas as (
    select *
    from intermediate.int_area__by_period
),

final as (
    select
        units.period_code,
        units.unit_hsa_id,
        units.provider_type,
        units.financing_type,
        units.unit_size,
        units.area_code,
        coalesce(units.municipality_code, areas.municipality_code) as municipality_code,
        areas.urban_rural,
        areas.area_education_quintile,
        areas.area_income_quintile,
        areas.area_employment_quintile,
        areas.area_foreign_born_quintile,
        areas.area_class,
        areas.area_type,
        coalesce(
            areas.class_area_code,
            case when getvariable('area_kind') = 'neighbourhood' then units.area_code end
        ) as class_area_code,
        areas.area_education_quintile_second,
        areas.area_income_quintile_second,
        areas.area_employment_quintile_second,
        areas.area_foreign_born_quintile_second,
        areas.area_class_second
    from units
    left join areas using (period_code, area_code)
)

select *
from final
