-- about: Calls to units by month. Of rows with the same key, the one loaded last.
-- grain: unit_hsa_id, call_month
with
delivered as (
    select *
    from raw.telephony
),

repeated as (
    select unit_hsa_id, call_month
    from delivered
    group by unit_hsa_id, call_month
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (unit_hsa_id, call_month)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (unit_hsa_id, call_month)
    qualify row_number() over (
        partition by unit_hsa_id, call_month
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
        call_month,
        calls_incoming,
        calls_answered_same_day,
        calls_abandoned
    from latest
)

select *
from final
