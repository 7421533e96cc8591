-- about: Ill health of each area, age-standardised to the areas of its kind and year, from delivered counts by age; larger areas from their parts.
-- grain: area_code, vintage, year
with
counts as (
    select *
    from staging.stg_delivered__area_health
),

areas as (
    select area_code, area_kind, vintage, year
    from staging.stg_delivered__area
    where area_kind not in ('region', 'country')
    union all
    select area_code, area_kind, vintage, year
    from intermediate.int_area__aggregated
),

parts as (
    select *
    from intermediate.int_area__part
),

own as (
    select
        areas.area_kind,
        areas.area_code,
        areas.vintage,
        areas.year,
        counts.age_group,
        counts.n_ill,
        counts.population
    from areas
    inner join counts using (area_code, year)
),

without_own as (
    select *
    from areas
    anti join own using (area_kind, area_code, vintage, year)
),

summed as (
    select
        parts.area_kind,
        parts.area_code,
        parts.vintage,
        parts.year,
        parts.part_kind,
        counts.age_group,
        case when count(counts.n_ill) = count(*) then sum(counts.n_ill) end::bigint as n_ill,
        sum(counts.population)::bigint as population
    from parts
    semi join without_own using (area_kind, area_code, vintage, year)
    inner join counts
        on parts.part_code = counts.area_code
        and parts.year = counts.year
    group by all
),

smallest_parts as (
    select *
    from summed
    qualify dense_rank() over (
        partition by area_kind, area_code, vintage, year
        order by part_kind
    ) = 1
),

every as (
    select *
    from own
    union all by name
    select * exclude (part_kind)
    from smallest_parts
),

-- the standard is the people of all areas of the kind that have counts
standards as (
    select
        area_kind,
        vintage,
        year,
        age_group,
        sum(population) as standard_population,
        sum(n_ill) / nullif(sum(population) filter (where n_ill is not null), 0) as common_rate
    from every
    group by area_kind, vintage, year, age_group
),

places as (
    select distinct area_kind, area_code, vintage, year
    from every
),

-- where nobody of an age lives, the rate of all areas stands in for theirs
rated as (
    select
        places.*,
        standards.standard_population,
        case
            when coalesce(every.population, 0) = 0 then standards.common_rate
            else every.n_ill / every.population
        end as rate
    from places
    inner join standards using (area_kind, vintage, year)
    left join every using (area_kind, area_code, vintage, year, age_group)
    where standards.standard_population > 0
),

-- equal rates must be equal numbers: areas with the same value are one block
final as (
    select
        area_code,
        vintage,
        year,
        area_kind,
        case
            when count(rate) = count(*)
                then round(sum(rate * standard_population) / sum(standard_population), 12)
        end as ill_health_age_standardised
    from rated
    group by area_kind, area_code, vintage, year
)

select *
from final
