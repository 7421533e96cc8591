-- about: Areas of one vintage told in the codes of another, for series over the break: counts only where they can be summed, shares only with known weights.
-- grain: area_code, vintage, year
with
links as (
    select *
    from intermediate.int_area__link
),

areas as (
    select *
    from intermediate.int_area__made
),

-- every link of a target, also from areas that nobody described that year
told as (
    select distinct vintage as vintage_from, year, area_kind
    from areas
),

described as (
    select
        links.vintage_to as vintage,
        links.area_code_to as area_code,
        links.vintage_from,
        told.year,
        told.area_kind,
        links.mapping_quality,
        links.weight_source,
        links.is_summable,
        areas.population * links.map_weight as map_weight,
        areas.population,
        areas.share_low_education,
        areas.share_low_income,
        areas.share_employed_20_64,
        areas.share_foreign_born
    from links
    inner join told using (vintage_from)
    left join areas
        on links.vintage_from = areas.vintage
        and links.area_code_from = areas.area_code
        and told.year = areas.year
        and told.area_kind = areas.area_kind
),

gathered as (
    select
        area_code,
        vintage,
        year,
        area_kind,
        vintage_from,
        count(*) as n_sources,
        any_value(mapping_quality) as mapping_quality,
        arg_max(
            weight_source,
            list_position(['whole', 'delivered', 'population', 'assumed'], weight_source)
        ) as weight_source,
        bool_and(is_summable) as is_summable,
        count(population) = count(*) and bool_and(weight_source <> 'assumed') as is_known,
        sum(map_weight) as people,
        {
            'share_low_education': sum(share_low_education * map_weight),
            'share_low_income': sum(share_low_income * map_weight),
            'share_employed_20_64': sum(share_employed_20_64 * map_weight),
            'share_foreign_born': sum(share_foreign_born * map_weight)
        } as sums,
        {
            'share_low_education': any_value(share_low_education),
            'share_low_income': any_value(share_low_income),
            'share_employed_20_64': any_value(share_employed_20_64),
            'share_foreign_born': any_value(share_foreign_born)
        } as alone,
        {
            'share_low_education': count(share_low_education) = count(*),
            'share_low_income': count(share_low_income) = count(*),
            'share_employed_20_64': count(share_employed_20_64) = count(*),
            'share_foreign_born': count(share_foreign_born) = count(*)
        } as is_complete
    from described
    group by area_code, vintage, year, area_kind, vintage_from
    having count(population) > 0
),

final as (
    select
        area_code,
        vintage,
        year,
        area_kind,
        vintage_from,
        mapping_quality,
        weight_source,
        is_summable,
        n_sources,
        case when is_known then round(people) end::bigint as population,
        case
            when not is_known or not is_complete.share_low_education then null
            when n_sources = 1 then alone.share_low_education
            else sums.share_low_education / nullif(people, 0)
        end as share_low_education,
        case
            when not is_known or not is_complete.share_low_income then null
            when n_sources = 1 then alone.share_low_income
            else sums.share_low_income / nullif(people, 0)
        end as share_low_income,
        case
            when not is_known or not is_complete.share_employed_20_64 then null
            when n_sources = 1 then alone.share_employed_20_64
            else sums.share_employed_20_64 / nullif(people, 0)
        end as share_employed_20_64,
        case
            when not is_known or not is_complete.share_foreign_born then null
            when n_sources = 1 then alone.share_foreign_born
            else sums.share_foreign_born / nullif(people, 0)
        end as share_foreign_born
    from gathered
)

select *
from final
