-- about: Which area dimensions a period has any delivery of; where it has none they are NULL for everyone.
-- grain: period_code
with
areas as (
    select *
    from intermediate.int_area__by_period
),

delivered as (
    select
        period_code,
        count(urban_rural) > 0 as has_urban_rural,
        count(area_education_quintile) > 0 as has_area_education,
        count(area_income_quintile) > 0 as has_area_income,
        count(area_employment_quintile) > 0 as has_area_employment,
        count(area_foreign_born_quintile) > 0 as has_area_foreign_born,
        count(area_class) > 0 as has_area_class,
        count(area_type) > 0 as has_area_type,
        count(area_education_quintile_second) > 0 as has_area_education_second,
        count(area_income_quintile_second) > 0 as has_area_income_second,
        count(area_employment_quintile_second) > 0 as has_area_employment_second,
        count(area_foreign_born_quintile_second) > 0 as has_area_foreign_born_second,
        count(area_class_second) > 0 as has_area_class_second
    from areas
    group by period_code
)

select *
from delivered
