-- about: Each unit as it was on the first day of a period, and its third by the number of persons listed.
-- grain: period_code, unit_hsa_id
with
valid as (
    select *
    from intermediate.int_unit__valid
),

periods as (
    select period_code, period_start
    from intermediate.int_period__counted
),

listings as (
    select period_code, unit_hsa_id, count(*) as n_listed
    from intermediate.int_listing__by_period
    group by period_code, unit_hsa_id
),

chosen as (
    select
        periods.period_code,
        valid.unit_hsa_id,
        valid.provider_type,
        valid.financing_type,
        valid.municipality_code,
        valid.area_code
    from periods
    inner join valid
        on periods.period_start >= valid.valid_from
        and periods.period_start < valid.valid_to
),

-- mid-ranks: units of equal size are never parted
sized as (
    select
        period_code,
        unit_hsa_id,
        2 * rank() over (partition by period_code order by n_listed)
            + count(*) over (partition by period_code, n_listed) - 2 as twice_rank,
        2 * count(*) over (partition by period_code) as twice_units
    from listings
),

final as (
    select
        chosen.*,
        case
            when sized.twice_units is null then null
            when 3 * sized.twice_rank < sized.twice_units then 'small'
            when 3 * sized.twice_rank < 2 * sized.twice_units then 'medium'
            else 'large'
        end as unit_size
    from chosen
    left join sized using (period_code, unit_hsa_id)
)

select *
from final
