-- about: The population-weighted place and fifth of each area in each social measure, within its kind, vintage and year.
-- grain: area_code, vintage, year, area_measure
with
areas as (
    select *
    from intermediate.int_area__made
),

-- one measure for all areas of a kind and year; students' low income and few jobs say little of a
-- place, so shares of those aged 25-64 come first where they are delivered
chosen as (
    select
        area_kind,
        vintage,
        year,
        count(share_low_income_25_64) > 0 as has_low_income_of_older,
        count(share_low_income) > 0 as has_share_low_income,
        count(share_employed_25_64) > 0 as has_employed_of_older
    from areas
    group by area_kind, vintage, year
),

-- each measure is turned so that a high number is a disadvantage
measured as (
    select
        areas.area_code,
        areas.area_kind,
        areas.vintage,
        areas.year,
        coalesce(areas.population, 0) as population,
        unnest([
            {'area_measure': 'education', 'disadvantage': areas.share_low_education},
            {
                'area_measure': 'income',
                'disadvantage': case
                    when chosen.has_low_income_of_older then areas.share_low_income_25_64
                    when chosen.has_share_low_income then areas.share_low_income
                    else -areas.median_income_sek
                end
            },
            {
                'area_measure': 'employment',
                'disadvantage': case
                    when chosen.has_employed_of_older then -areas.share_employed_25_64
                    else -areas.share_employed_20_64
                end
            },
            {'area_measure': 'foreign_born', 'disadvantage': areas.share_foreign_born},
            {'area_measure': 'ill_health', 'disadvantage': areas.ill_health_age_standardised},
            -- these three tell where students live; they are no criteria
            {'area_measure': 'all_employment', 'disadvantage': -areas.share_employed_20_64},
            {'area_measure': 'post_secondary', 'disadvantage': -areas.share_post_secondary},
            {'area_measure': 'young_adult', 'disadvantage': -areas.share_aged_20_24}
        ], recursive := true)
    from areas
    inner join chosen using (area_kind, vintage, year)
),

-- areas with the same value stand as one block: no order of files decides between them
blocks as (
    select
        area_kind,
        vintage,
        year,
        area_measure,
        disadvantage,
        sum(population)::bigint as block_population
    from measured
    where disadvantage is not null
    group by area_kind, vintage, year, area_measure, disadvantage
),

stacked as (
    select
        *,
        sum(block_population) over (
            partition by area_kind, vintage, year, area_measure
            order by disadvantage desc
            rows between unbounded preceding and current row
        )::bigint as population_through,
        sum(block_population) over (
            partition by area_kind, vintage, year, area_measure
        )::bigint as population_total
    from blocks
),

-- whole numbers only: a block whose middle lies on a border must not fall by rounding
placed as (
    select
        area_kind,
        vintage,
        year,
        area_measure,
        disadvantage,
        2 * population_through - block_population as twice_middle,
        population_total,
        twice_middle / (2 * population_total) as area_rank,
        twice_middle < 2 * population_total * getvariable('worst_share') as is_worst,
        'q' || least(5, 5 * twice_middle // (2 * population_total) + 1) as area_quintile,
        'q' || greatest(
            1, (5 * population_through + population_total - 1) // population_total
        ) as area_quintile_cumulative
    from stacked
    where population_total > 0
),

final as (
    select
        measured.area_code,
        measured.vintage,
        measured.year,
        measured.area_measure,
        measured.area_kind,
        placed.area_rank,
        placed.is_worst,
        coalesce(placed.area_quintile, 'missing') as area_quintile,
        coalesce(placed.area_quintile_cumulative, 'missing') as area_quintile_cumulative
    from measured
    -- a measure that nobody delivered for the kind and year has no rows at all
    semi join blocks using (area_kind, vintage, year, area_measure)
    left join placed using (area_kind, vintage, year, area_measure, disadvantage)
)

select *
from final
