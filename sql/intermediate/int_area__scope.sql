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
        count(area_type) > 0 as has_area_type
    from areas
    group by period_code
)

select *
from delivered
