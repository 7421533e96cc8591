-- about: The listing that each person had on the first day of a period; of overlapping ones, the one begun last.
-- grain: period_code, person_key
with
listings as (
    select *
    from staging.stg_delivered__listing
),

periods as (
    select period_code, period_start
    from intermediate.int_period__counted
),

covering as (
    select
        periods.period_code,
        listings.person_key,
        arg_max(listings.unit_hsa_id, listings.from_date) as unit_hsa_id,
        arg_max(coalesce(listings.named_physician, false), listings.from_date)
            as named_physician
    from listings
    inner join periods
        on listings.from_date <= periods.period_start
        and coalesce(listings.to_date, 'infinity'::date) > periods.period_start
    group by periods.period_code, listings.person_key
)

select *
from covering
