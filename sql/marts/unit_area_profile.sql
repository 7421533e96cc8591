-- about: The area around each unit beside all areas of its kind, and how many of its residents are listed at the unit.
-- grain: period_code, unit_hsa_id, item_id
with
periods as (
    select period_code
    from intermediate.int_period__newest
),

local_areas as (
    select *
    from intermediate.int_unit__local_area
),

described as (
    select *
    from intermediate.int_area__described
    where area_kind = getvariable('area_kind')
),

areas as (
    select period_code, area_code, class_area_code
    from intermediate.int_area__by_period
),

homes as (
    select period_code, person_key, area_code
    from intermediate.int_person__by_period
    where death_date is null or death_date >= period_start
),

listings as (
    select period_code, person_key, unit_hsa_id
    from intermediate.int_listing__by_period
),

told as (
    select distinct period_code, year, vintage
    from local_areas
),

-- every area of the kind, as of the year and division that the units' own were told of
of_kind as (
    select told.period_code, described.*
    from told
    inner join described using (year, vintage)
),

values_of as (
    select
        period_code,
        area_code,
        population,
        unnest(
            [
                {'item_id': 'AA_POPULATION', 'value': population::double},
                {'item_id': 'AA_LOW_EDUCATION', 'value': share_low_education::double},
                {'item_id': 'AA_LOW_INCOME', 'value': share_low_income::double},
                {'item_id': 'AA_EMPLOYED', 'value': share_employed_20_64::double},
                {'item_id': 'AA_FOREIGN_BORN', 'value': share_foreign_born::double},
                {'item_id': 'AA_OUTSIDE_EUROPE', 'value': share_born_outside_europe::double},
                {'item_id': 'AA_ILL_HEALTH', 'value': ill_health_age_standardised::double}
            ],
            recursive := true
        )
    from of_kind
),

-- the population of an area is held beside a mean area, the rest beside all people of the kind; in
-- whole millionths, which add up the same in any order
of_region as (
    select
        period_code,
        item_id,
        case
            when item_id = 'AA_POPULATION' then avg(value)
            else sum((value * 1000000)::bigint::hugeint * population)
                / (1000000.0 * sum(population))
        end as value_region
    from values_of
    where value is not null
    group by period_code, item_id
),

described_units as (
    select
        local_areas.period_code,
        local_areas.unit_hsa_id,
        values_of.item_id,
        values_of.value,
        of_region.value_region
    from local_areas
    inner join values_of
        on local_areas.period_code = values_of.period_code
        and local_areas.local_area_code = values_of.area_code
    inner join of_region
        on values_of.period_code = of_region.period_code
        and values_of.item_id = of_region.item_id
    where values_of.value is not null
),

residents as (
    select
        homes.period_code,
        areas.class_area_code as local_area_code,
        homes.person_key,
        listings.unit_hsa_id
    from homes
    inner join periods using (period_code)
    inner join areas using (period_code, area_code)
    left join listings using (period_code, person_key)
),

overlap as (
    select
        local_areas.period_code,
        local_areas.unit_hsa_id,
        'AA_LISTED_HERE' as item_id,
        count(*) as n_persons,
        count(*) filter (where residents.unit_hsa_id = local_areas.unit_hsa_id) as n_persons_with,
        n_persons - n_persons_with as n_persons_without
    from local_areas
    inner join residents using (period_code, local_area_code)
    group by local_areas.period_code, local_areas.unit_hsa_id
),

final as (
    select *
    from described_units
    union all by name
    select *
    from overlap
)

select *
from final
