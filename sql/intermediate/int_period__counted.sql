-- about: The periods in which persons, contacts, answers and calls are counted.
-- grain: period_code
with
periods as (
    select *
    from intermediate.int_period__made
),

counted as (
    select * exclude (is_counted)
    from periods
    where is_counted
)

select *
from counted
