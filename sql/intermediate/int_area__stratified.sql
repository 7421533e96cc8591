-- about: The levels of every area that a person, a contact or a unit has in a period, and of no area: missing where nobody knows, NULL where nothing of the kind is delivered.
-- grain: period_code, area_code
with
areas as (
    select *
    from intermediate.int_area__by_period
),

scope as (
    select *
    from intermediate.int_area__scope
),

periods as (
    select period_code
    from intermediate.int_period__counted
),

contacts as (
    select distinct area_code
    from staging.stg_delivered__contact
),

named as (
    select period_code, area_code
    from intermediate.int_person__by_period
    union
    select period_code, area_code
    from intermediate.int_unit__by_period
    union
    select periods.period_code, contacts.area_code
    from contacts
    cross join periods
    union
    select period_code, null as area_code
    from periods
),

final as (
    select
        named.period_code,
        named.area_code,
        areas.municipality_code,
        coalesce(
            areas.class_area_code,
            case when getvariable('area_kind') = 'neighbourhood' then named.area_code end
        ) as class_area_code,
        case when has_urban_rural then coalesce(urban_rural, 'missing') end as urban_rural,
        case when has_area_education then coalesce(area_education_quintile, 'missing') end
            as area_education_quintile,
        case when has_area_income then coalesce(area_income_quintile, 'missing') end
            as area_income_quintile,
        case when has_area_employment then coalesce(area_employment_quintile, 'missing') end
            as area_employment_quintile,
        case when has_area_foreign_born then coalesce(area_foreign_born_quintile, 'missing') end
            as area_foreign_born_quintile,
        case when has_area_class then coalesce(area_class, 'missing') end as area_class,
        case when has_area_type then coalesce(area_type, 'missing') end as area_type,
        case
            when has_area_education_second
                then coalesce(area_education_quintile_second, 'missing')
        end as area_education_quintile_second,
        case when has_area_income_second then coalesce(area_income_quintile_second, 'missing') end
            as area_income_quintile_second,
        case
            when has_area_employment_second
                then coalesce(area_employment_quintile_second, 'missing')
        end as area_employment_quintile_second,
        case
            when has_area_foreign_born_second
                then coalesce(area_foreign_born_quintile_second, 'missing')
        end as area_foreign_born_quintile_second,
        case when has_area_class_second then coalesce(area_class_second, 'missing') end
            as area_class_second
    from named
    left join scope using (period_code)
    left join areas using (period_code, area_code)
)

select *
from final
