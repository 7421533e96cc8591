-- about: The units' own scores of the success factors. Of rows with the same key, the one loaded last.
-- grain: unit_hsa_id, scored_date, success_factor
with
delivered as (
    select *
    from raw.success_factors
),

repeated as (
    select unit_hsa_id, scored_date, success_factor
    from delivered
    group by unit_hsa_id, scored_date, success_factor
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (unit_hsa_id, scored_date, success_factor)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (unit_hsa_id, scored_date, success_factor)
    qualify row_number() over (
        partition by unit_hsa_id, scored_date, success_factor
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
        scored_date,
        success_factor,
        success_score
    from latest
)

select *
from final
