-- about: Calls to units in each month that was delivered, inside a period of the run or not.
-- grain: unit_hsa_id, call_month
with
calls as (
    select *
    from staging.stg_delivered__telephony
),

by_month as (
    select
        unit_hsa_id,
        date_trunc('month', call_month)::date as call_month,
        sum(calls_incoming)::bigint as calls_incoming,
        sum(calls_answered_same_day)::bigint as calls_answered_same_day,
        sum(calls_abandoned)::bigint as calls_abandoned
    from calls
    group by all
)

select *
from by_month
