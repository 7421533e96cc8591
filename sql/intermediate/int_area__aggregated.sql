-- about: RegSO and municipalities that nobody delivered, made from their parts: shares weighted by their denominators, else by population.
-- grain: area_code, vintage, year
with
parts as (
    select *
    from intermediate.int_area__part
),

areas as (
    select *
    from staging.stg_delivered__area
),

keys as (
    select *
    from intermediate.int_area__key
),

keyed as (
    select vintage, 'regso' as area_kind, regso_code as area_code, count(*) as n_parts_known
    from keys
    where regso_code is not null
    group by vintage, regso_code
    union all
    select
        vintage,
        'municipality' as area_kind,
        municipality_code as area_code,
        count(*) as n_parts_known
    from keys
    where municipality_code is not null
    group by vintage, municipality_code
),

-- what is delivered for the area itself is never made again from its parts
wanted as (
    select *
    from parts
    anti join areas using (area_kind, area_code, year)
),

weighed as (
    select
        wanted.area_kind,
        wanted.area_code,
        wanted.vintage,
        wanted.year,
        wanted.part_kind,
        case wanted.area_kind
            when 'municipality' then wanted.area_code
            else areas.municipality_code
        end as municipality_code,
        areas.* exclude (area_code, area_kind, vintage, year, municipality_code)
    from wanted
    inner join areas
        on wanted.part_kind = areas.area_kind
        and wanted.part_code = areas.area_code
        and wanted.vintage = areas.vintage
        and wanted.year = areas.year
),

counted as (
    select
        area_kind,
        area_code,
        vintage,
        year,
        part_kind,
        any_value(municipality_code) as municipality_code,
        count(*) as n_parts,
        sum(population)::bigint as population,
        case when count(population_20_64) = count(*) then sum(population_20_64) end::bigint
            as population_20_64,
        case when count(population_25_64) = count(*) then sum(population_25_64) end::bigint
            as population_25_64,
        count(population_20_64) = count(*) and count(population_25_64) = count(*)
            as has_denominators
    from weighed
    group by area_kind, area_code, vintage, year, part_kind
),

-- a municipality is made of its DeSO where they are there, else of its RegSO; and only of all of them
whole as (
    select counted.*
    from counted
    left join keyed using (area_kind, area_code, vintage)
    where counted.part_kind = 'regso'
        or keyed.n_parts_known is null
        or counted.n_parts = keyed.n_parts_known
    qualify row_number() over (
        partition by area_kind, area_code, vintage, year
        order by counted.part_kind
    ) = 1
),

measured as (
    select
        weighed.area_kind,
        weighed.area_code,
        weighed.vintage,
        weighed.year,
        unnest([
            {
                'area_measure': 'share_low_education',
                'value': weighed.share_low_education,
                'map_weight': if(has_denominators, weighed.population_25_64, weighed.population)
            },
            {
                'area_measure': 'share_post_secondary',
                'value': weighed.share_post_secondary,
                'map_weight': if(has_denominators, weighed.population_25_64, weighed.population)
            },
            {
                'area_measure': 'share_employed_20_64',
                'value': weighed.share_employed_20_64,
                'map_weight': if(has_denominators, weighed.population_20_64, weighed.population)
            },
            {
                'area_measure': 'share_employed_25_64',
                'value': weighed.share_employed_25_64,
                'map_weight': if(has_denominators, weighed.population_25_64, weighed.population)
            },
            {
                'area_measure': 'share_low_income_25_64',
                'value': weighed.share_low_income_25_64,
                'map_weight': if(has_denominators, weighed.population_25_64, weighed.population)
            },
            {
                'area_measure': 'share_low_income',
                'value': weighed.share_low_income,
                'map_weight': weighed.population
            },
            {
                'area_measure': 'share_foreign_born',
                'value': weighed.share_foreign_born,
                'map_weight': weighed.population
            },
            {
                'area_measure': 'share_born_outside_europe',
                'value': weighed.share_born_outside_europe,
                'map_weight': weighed.population
            },
            {
                'area_measure': 'share_aged_20_24',
                'value': weighed.share_aged_20_24,
                'map_weight': weighed.population
            }
        ], recursive := true)
    from weighed
    inner join whole using (area_kind, area_code, vintage, year, part_kind)
),

-- parts without a value may hold at most one person in twenty
averaged as (
    select
        area_kind,
        area_code,
        vintage,
        year,
        area_measure,
        case
            when sum(map_weight) filter (where value is not null) >= 0.95 * sum(map_weight)
                then sum(value * map_weight)
                    / nullif(sum(map_weight) filter (where value is not null), 0)
        end as value
    from measured
    group by area_kind, area_code, vintage, year, area_measure
),

shares as (
    select
        area_kind,
        area_code,
        vintage,
        year,
        any_value(value) filter (where area_measure = 'share_low_education')
            as share_low_education,
        any_value(value) filter (where area_measure = 'share_low_income') as share_low_income,
        any_value(value) filter (where area_measure = 'share_employed_20_64')
            as share_employed_20_64,
        any_value(value) filter (where area_measure = 'share_foreign_born') as share_foreign_born,
        any_value(value) filter (where area_measure = 'share_born_outside_europe')
            as share_born_outside_europe,
        any_value(value) filter (where area_measure = 'share_post_secondary')
            as share_post_secondary,
        any_value(value) filter (where area_measure = 'share_aged_20_24') as share_aged_20_24,
        any_value(value) filter (where area_measure = 'share_low_income_25_64')
            as share_low_income_25_64,
        any_value(value) filter (where area_measure = 'share_employed_25_64')
            as share_employed_25_64
    from averaged
    group by area_kind, area_code, vintage, year
),

final as (
    select
        whole.area_code,
        whole.area_kind,
        whole.vintage,
        whole.year,
        whole.municipality_code,
        whole.population,
        whole.population_20_64,
        whole.population_25_64,
        whole.n_parts,
        shares.* exclude (area_code, area_kind, vintage, year),
        case when whole.has_denominators then 'own_denominators' else 'population' end
            as share_source
    from whole
    inner join shares using (area_kind, area_code, vintage, year)
)

select *
from final
