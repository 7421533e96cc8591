-- about: What became of each area in another vintage, both ways: how well the two match and which share of the people went there.
-- grain: vintage_from, vintage_to, area_code_from, area_code_to
with
changes as (
    select *
    from staging.stg_delivered__area_change
),

listed as (
    select vintage, deso_code as area_code
    from intermediate.int_area__key
    union
    select vintage, area_code
    from staging.stg_delivered__area
),

populations as (
    select
        vintage,
        area_code,
        arg_min(population, year) as population_first,
        arg_max(population, year) as population_last
    from staging.stg_delivered__area
    group by vintage, area_code
),

breaks as (
    select distinct vintage_from, vintage_to
    from changes
),

-- a code that stands in both vintages keeps people, whether or not a change names it
pairs as (
    select vintage_from, vintage_to, area_code_from, area_code_to
    from changes
    union
    select
        breaks.vintage_from,
        breaks.vintage_to,
        earlier.area_code as area_code_from,
        later.area_code as area_code_to
    from breaks
    inner join listed as earlier on earlier.vintage = breaks.vintage_from
    inner join listed as later
        on later.vintage = breaks.vintage_to
        and later.area_code = earlier.area_code
),

told as (
    select
        vintage_from,
        vintage_to,
        area_code_from,
        area_code_to,
        any_value(population_share) as population_share,
        bool_or(change_type in ('extended', 'extended_to_sea')) as is_border,
        bool_or(change_type = 'reduced') as is_reduced
    from changes
    group by vintage_from, vintage_to, area_code_from, area_code_to
),

tied as (
    select
        pairs.*,
        told.population_share,
        coalesce(told.is_border, false) as is_border,
        count(*) over from_area as n_targets,
        count(*) over to_area as n_sources,
        -- an area that gave a part which no row tells of is not known to be whole
        coalesce(bool_or(told.is_reduced) over from_area, false) and n_targets = 1 as is_leaking
    from pairs
    left join told using (vintage_from, vintage_to, area_code_from, area_code_to)
    window
        from_area as (partition by vintage_from, vintage_to, area_code_from),
        to_area as (partition by vintage_from, vintage_to, area_code_to)
),

surrounded as (
    select
        *,
        max(n_sources) over from_area as most_sources,
        max(n_targets) over to_area as most_targets,
        bool_or(is_leaking) over to_area as is_leaked_into
    from tied
    window
        from_area as (partition by vintage_from, vintage_to, area_code_from),
        to_area as (partition by vintage_from, vintage_to, area_code_to)
),

matched as (
    select
        *,
        case
            when is_leaked_into then 'partial'
            when n_targets = 1 and n_sources = 1 and is_border then 'border_only'
            when n_targets = 1 and n_sources = 1 then 'exact'
            when n_sources = 1 and most_sources = 1 then 'split'
            when n_targets = 1 and most_targets = 1 then 'merged'
            else 'partial'
        end as mapping_quality
    from surrounded
),

both_ways as (
    select
        vintage_from,
        vintage_to,
        area_code_from,
        area_code_to,
        mapping_quality,
        population_share,
        is_leaking,
        n_targets,
        n_sources,
        population_first as population_of_part
    from matched
    left join populations
        on populations.vintage = vintage_to
        and populations.area_code = area_code_to
    union all
    select
        vintage_to as vintage_from,
        vintage_from as vintage_to,
        area_code_to as area_code_from,
        area_code_from as area_code_to,
        case mapping_quality
            when 'split' then 'merged'
            when 'merged' then 'split'
            else mapping_quality
        end as mapping_quality,
        null::double as population_share,
        false as is_leaking,
        n_sources as n_targets,
        n_targets as n_sources,
        population_last as population_of_part
    from matched
    left join populations
        on populations.vintage = vintage_from
        and populations.area_code = area_code_from
),

known as (
    select
        *,
        count(population_share) over from_area = n_targets
            and abs(sum(population_share) over from_area - 1) <= 1e-9 as has_shares,
        mapping_quality = 'split'
            and min(coalesce(population_of_part, 0)) over from_area > 0 as has_populations,
        bool_or(area_code_from = area_code_to) over from_area as is_kept
    from both_ways
    window from_area as (partition by vintage_from, vintage_to, area_code_from)
),

-- assumed: an area that keeps its code keeps its people, one that ceased leaves as many to each
final as (
    select
        vintage_from,
        vintage_to,
        area_code_from,
        area_code_to,
        mapping_quality,
        case
            when n_targets = 1 then 1
            when has_shares then population_share
            when has_populations then population_of_part / sum(population_of_part) over from_area
            when is_kept then (area_code_from = area_code_to)::integer
            else 1 / n_targets
        end::double as map_weight,
        case
            when is_leaking or (mapping_quality = 'partial' and n_targets = 1 and n_sources = 1)
                then 'assumed'
            when n_targets = 1 then 'whole'
            when has_shares then 'delivered'
            when has_populations then 'population'
            else 'assumed'
        end as weight_source,
        mapping_quality in ('exact', 'border_only', 'merged') as is_summable
    from known
    window from_area as (partition by vintage_from, vintage_to, area_code_from)
)

select *
from final
