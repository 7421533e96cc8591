-- about: How each area was classed: five values, ranks and flags, their count, the class and its variants, and the series that the values are of.
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

series as (
    select
        area_kind,
        year,
        string_agg(
            area_column || ': ' || source_series, '; '
            order by area_column
        ) as series_of_criteria,
        string_agg(
            area_column || ': ' || series_before || ' -> ' || source_series, '; '
            order by area_column
        ) filter (where is_new_series) as series_changed,
        bool_or(is_new_series) as is_new_series
    from intermediate.int_area__series
    group by area_kind, year
),

-- larger areas made of their parts rest on the series of the parts
final as (
    select
        classes.*,
        areas.* exclude (area_code, vintage, year),
        coalesce(own.series_of_criteria, of_parts.series_of_criteria) as series_of_criteria,
        if(own.year is null, of_parts.series_changed, own.series_changed) as series_changed,
        coalesce(own.is_new_series, of_parts.is_new_series) as is_new_series
    from classes
    inner join areas using (area_code, vintage, year)
    left join series as own
        on classes.area_kind = own.area_kind
        and classes.year = own.year
    left join series as of_parts
        on areas.share_source <> 'delivered'
        and of_parts.area_kind = 'deso'
        and classes.year = of_parts.year
)

select *
from final
