-- about: The unit that each unit's work belongs to on a day, after mergers: itself until it merged, then its successor.
-- grain: unit_hsa_id, valid_from
with
recursive
units as (
    select unit_hsa_id, to_date, successor_unit_hsa_id
    from staging.stg_delivered__unit
    qualify row_number() over (partition by unit_hsa_id order by from_date desc) = 1
),

-- a merger has a day and another unit; one that is described again afterwards goes on as itself
mergers as (
    select
        unit_hsa_id,
        successor_unit_hsa_id,
        to_date as merged_date
    from units
    where to_date is not null
        and successor_unit_hsa_id is not null
        and successor_unit_hsa_id <> unit_hsa_id
),

chain as (
    select
        unit_hsa_id,
        unit_hsa_id as present_unit_hsa_id,
        '-infinity'::date as valid_from,
        0 as step,
        false as is_circular
    from units
    union all
    select
        chain.unit_hsa_id,
        mergers.successor_unit_hsa_id as present_unit_hsa_id,
        greatest(chain.valid_from, mergers.merged_date) as valid_from,
        chain.step + 1 as step,
        mergers.successor_unit_hsa_id = chain.unit_hsa_id as is_circular
    from chain
    inner join mergers on chain.present_unit_hsa_id = mergers.unit_hsa_id
    where not chain.is_circular
        and chain.step < 20
),

-- units that are said to merge into each other stay what they are
circular as (
    select unit_hsa_id
    from chain
    group by unit_hsa_id
    having bool_or(is_circular) or max(step) = 20
),

straight as (
    select chain.unit_hsa_id, chain.present_unit_hsa_id, chain.valid_from, chain.step
    from chain
    left join circular using (unit_hsa_id)
    where chain.step = 0 or circular.unit_hsa_id is null
    qualify row_number() over (
        partition by chain.unit_hsa_id, chain.valid_from
        order by chain.step desc
    ) = 1
),

final as (
    select
        unit_hsa_id,
        present_unit_hsa_id,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by unit_hsa_id order by valid_from), 'infinity'::date
        ) as valid_to
    from straight
)

select *
from final
