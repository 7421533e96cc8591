-- about: Costs of units by month and type. Of rows with the same key, the one loaded last.
-- grain: unit_hsa_id, cost_month, cost_type
with
delivered as (
    select *
    from raw.cost_unit
),

repeated as (
    select unit_hsa_id, cost_month, cost_type
    from delivered
    group by unit_hsa_id, cost_month, cost_type
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (unit_hsa_id, cost_month, cost_type)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (unit_hsa_id, cost_month, cost_type)
    qualify row_number() over (
        partition by unit_hsa_id, cost_month, cost_type
        order by load_id desc, row_number desc
    ) = 1
),

latest as (
    select *
    from delivered_once
    union all by name
    select *
    from loaded_last
),

final as (
    select
        unit_hsa_id,
        cost_month,
        cost_type,
        cost_sek,
        price_year,
        cost_method
    from latest
)

select *
from final
