-- about: The area around each unit in the newest period, of the kind that classes are made on, with what is known of it.
-- grain: period_code, unit_hsa_id
with
periods as (
    select period_code, status_year
    from intermediate.int_period__newest
),

units as (
    select period_code, unit_hsa_id, area_code
    from intermediate.int_unit__by_period
),

areas as (
    select period_code, area_code, class_area_code
    from intermediate.int_area__by_period
),

described as (
    select *
    from intermediate.int_area__described
    where area_kind = getvariable('area_kind')
),

-- the year before the period, else the nearest one told of; of two vintages the later
chosen as (
    select
        periods.period_code,
        described.*
    from described
    cross join periods
    qualify row_number() over (
        partition by described.area_code
        order by
            described.year > periods.status_year,
            abs(described.year - periods.status_year),
            described.vintage desc
    ) = 1
),

final as (
    select
        units.period_code,
        units.unit_hsa_id,
        chosen.area_code as local_area_code,
        chosen.year,
        chosen.vintage,
        chosen.population,
        chosen.share_low_education,
        chosen.share_low_income,
        chosen.share_employed_20_64,
        chosen.share_foreign_born,
        chosen.share_born_outside_europe,
        chosen.ill_health_age_standardised,
        chosen.area_class
    from units
    inner join areas using (period_code, area_code)
    inner join chosen
        on units.period_code = chosen.period_code
        and areas.class_area_code = chosen.area_code
)

select *
from final
