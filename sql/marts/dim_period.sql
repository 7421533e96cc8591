-- about: The periods that values are given for; revised are those that rows came late for.
-- grain: period_code
with
periods as (
    select *
    from intermediate.int_period__made
),

revised as (
    select period_code, true as is_revised
    from intermediate.int_period__revised
),

final as (
    select
        periods.period_code,
        periods.period_kind,
        periods.period_start,
        periods.period_end,
        if(revised.is_revised, 'revised', periods.data_status) as data_status
    from periods
    left join revised using (period_code)
)

select *
from final
