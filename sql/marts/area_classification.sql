-- about: How each area was classed: five values, ranks and flags, their count, the class and its variants.
-- grain: area_code, vintage, year
with
areas as (
    select
        area_code,
        vintage,
        year,
        share_low_education,
        share_low_income,
        share_employed_20_64,
        share_foreign_born,
        ill_health_age_standardised,
        ill_health_source,
        share_low_income_25_64,
        share_employed_25_64,
        share_post_secondary,
        share_aged_20_24,
        share_source
    from intermediate.int_area__made
),

classes as (
    select *
    from intermediate.int_area__classified
),

final as (
    select
        classes.*,
        areas.* exclude (area_code, vintage, year)
    from classes
    inner join areas using (area_code, vintage, year)
)

select *
from final
