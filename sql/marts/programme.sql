-- about: Programmes and the units enrolled in them: when they came and left, what they tried and what it cost.
-- grain: programme_id, unit_hsa_id
with
programmes as (
    select *
    from staging.stg_delivered__programme
)

select *
from programmes
