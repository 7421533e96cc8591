-- about: Each unit's newest own score of each success factor, given before the newest long period ended.
-- grain: period_code, unit_hsa_id, success_factor
with
periods as (
    select period_code, period_end
    from intermediate.int_period__newest
),

scores as (
    select *
    from staging.stg_delivered__success_factors
),

final as (
    select
        periods.period_code,
        scores.unit_hsa_id,
        scores.success_factor,
        scores.scored_date,
        scores.success_score
    from scores
    inner join periods on scores.scored_date < periods.period_end
    qualify row_number() over (
        partition by periods.period_code, scores.unit_hsa_id, scores.success_factor
        order by scores.scored_date desc
    ) = 1
)

select *
from final
