-- about: Programmes and the units enrolled in them. Of rows with the same key, the one loaded last.
-- grain: programme_id, unit_hsa_id
with
delivered as (
    select *
    from raw.programme
),

repeated as (
    select programme_id, unit_hsa_id
    from delivered
    group by programme_id, unit_hsa_id
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (programme_id, unit_hsa_id)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (programme_id, unit_hsa_id)
    qualify row_number() over (
        partition by programme_id, unit_hsa_id
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
        programme_id,
        unit_hsa_id,
        from_date,
        to_date,
        stop_reason,
        approach_code,
        target_area,
        cost_sek,
        team_size,
        has_manager_in_team
    from latest
)

select *
from final
