-- about: The series behind each criterion of the areas by year, beside that of the year before: levels of two series do not compare.
-- grain: area_column, area_kind, year
with
series as (
    select *
    from staging.stg_delivered__area_series
),

criteria as (
    select *
    from (
        values
        ('share_low_education', 'education'),
        ('share_low_income', 'income'),
        ('share_low_income_25_64', 'income'),
        ('median_income_sek', 'income'),
        ('share_employed_20_64', 'employment'),
        ('share_employed_25_64', 'employment'),
        ('share_foreign_born', 'foreign_born'),
        ('ill_health_age_standardised', 'ill_health')
    ) as columns_of_criteria (area_column, area_measure)
),

told as (
    select
        series.area_column,
        series.area_kind,
        series.year,
        criteria.area_measure,
        concat_ws(' ', series.source_series, series.source_ages) as source_series
    from series
    inner join criteria using (area_column)
),

final as (
    select
        *,
        lag(year) over chronicle as year_before,
        lag(source_series) over chronicle as series_before,
        coalesce(source_series <> lag(source_series) over chronicle, false) as is_new_series
    from told
    window chronicle as (partition by area_column, area_kind order by year)
)

select *
from final
