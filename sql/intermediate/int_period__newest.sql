-- about: The newest period that stands for a whole year or delivery: the one that places and units are described in.
-- grain: period_code
with
periods as (
    select *
    from intermediate.int_period__counted
    where period_kind in ('rolling_12_months', 'year', 'whole_delivery')
),

newest as (
    select *
    from periods
    qualify row_number() over (order by period_end desc, period_start, period_code) = 1
)

select *
from newest
