-- about: Each area with its fifths under both border rules and its class, a row for each vintage and year.
-- grain: area_code, vintage, year
with
areas as (
    select *
    from intermediate.int_area__made
),

places as (
    select *
    from intermediate.int_area__quintiles
),

classes as (
    select area_code, vintage, year, area_class, area_class_four_criteria
    from intermediate.int_area__classified
),

fifths as (
    select
        area_code,
        vintage,
        year,
        any_value(area_quintile) filter (where area_measure = 'education')
            as area_education_quintile,
        any_value(area_quintile) filter (where area_measure = 'income') as area_income_quintile,
        any_value(area_quintile) filter (where area_measure = 'employment')
            as area_employment_quintile,
        any_value(area_quintile) filter (where area_measure = 'foreign_born')
            as area_foreign_born_quintile,
        any_value(area_quintile_cumulative) filter (where area_measure = 'education')
            as area_education_quintile_cumulative,
        any_value(area_quintile_cumulative) filter (where area_measure = 'income')
            as area_income_quintile_cumulative,
        any_value(area_quintile_cumulative) filter (where area_measure = 'employment')
            as area_employment_quintile_cumulative,
        any_value(area_quintile_cumulative) filter (where area_measure = 'foreign_born')
            as area_foreign_born_quintile_cumulative
    from places
    group by area_code, vintage, year
),

final as (
    select
        areas.*,
        fifths.* exclude (area_code, vintage, year),
        classes.area_class,
        classes.area_class_four_criteria
    from areas
    left join fifths using (area_code, vintage, year)
    left join classes using (area_code, vintage, year)
)

select *
from final
