-- about: Whether the people of the parts agree with those delivered for the whole; published cells carry noise, so a difference is a warning and never corrected.
-- grain: area_kind, area_code, vintage, year, part_kind
with
parts as (
    select *
    from intermediate.int_area__part
),

areas as (
    select area_kind, area_code, vintage, year, population
    from staging.stg_delivered__area
),

wholes as (
    select area_kind, area_code, year, any_value(population order by vintage desc) as population
    from areas
    group by area_kind, area_code, year
),

summed as (
    select
        parts.area_kind,
        parts.area_code,
        parts.vintage,
        parts.year,
        parts.part_kind,
        count(*) as n_parts,
        sum(areas.population)::bigint as population_of_parts
    from parts
    inner join areas
        on parts.part_kind = areas.area_kind
        and parts.part_code = areas.area_code
        and parts.vintage = areas.vintage
        and parts.year = areas.year
    group by parts.area_kind, parts.area_code, parts.vintage, parts.year, parts.part_kind
),

final as (
    select
        summed.*,
        wholes.population,
        population_of_parts - wholes.population as population_difference,
        greatest(20, 0.005 * wholes.population)::double as population_tolerance,
        abs(population_difference) <= population_tolerance as is_within_tolerance
    from summed
    inner join wholes using (area_kind, area_code, year)
)

select *
from final
