-- about: Published values of areas with the bounds that their source gives and the population of the area in that year; withheld ones are left out.
-- grain: source, measure_code, area_code, year
with
published as (
    select *
    from staging.stg_delivered__area_value
    where value is not null
),

intervals as (
    select source, measure_code, area_code, year, value_lower, value_upper
    from staging.stg_delivered__area_interval
),

populations as (
    select
        area_code,
        year,
        any_value(population order by vintage desc) as population
    from staging.stg_delivered__area
    group by area_code, year
),

final as (
    select
        'y-' || published.year as period_code,
        published.*,
        populations.population,
        published.value * populations.population as weighted_value,
        intervals.value_lower,
        intervals.value_upper
    from published
    left join intervals using (source, measure_code, area_code, year)
    left join populations using (area_code, year)
)

select *
from final
