-- about: Programmes and the units enrolled in them: when they came and left, what they tried and what it cost.
-- grain: programme_id, unit_hsa_id
with
programmes as (
    select *
    from staging.stg_delivered__programme
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
    from programmes
)

select *
from final
