-- about: The periods that values are given for.
-- grain: period_code
with
periods as (
    select *
    from intermediate.int_period__made
),

final as (
    select period_code, period_kind, period_start, period_end, data_status
    from periods
)

select *
from final
