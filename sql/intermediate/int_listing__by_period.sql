-- about: The listing that each person had on the first day of a period, and the days listed and alive in it.
-- grain: period_code, person_key
with
listings as (
    select *
    from intermediate.int_listing__valid
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

deaths as (
    select person_key, max(death_date) as death_date
    from staging.stg_delivered__person
    where death_date is not null
    group by person_key
),

covering as (
    select
        periods.period_code,
        listings.person_key,
        listings.unit_hsa_id,
        listings.named_physician
    from listings
    inner join periods
        on listings.valid_from <= periods.period_start
        and listings.valid_to > periods.period_start
),

-- whoever moves away or dies is followed until then, and again from a return
followed as (
    select
        periods.period_code,
        listings.person_key,
        sum(
            greatest(
                least(listings.valid_to, periods.period_end, coalesce(deaths.death_date, 'infinity'))
                    - greatest(listings.valid_from, periods.period_start),
                0
            )
        )::bigint as listed_days
    from listings
    inner join periods
        on listings.valid_from < periods.period_end
        and listings.valid_to > periods.period_start
    left join deaths using (person_key)
    group by periods.period_code, listings.person_key
),

final as (
    select
        covering.period_code,
        covering.person_key,
        covering.unit_hsa_id,
        covering.named_physician,
        followed.listed_days
    from covering
    inner join followed using (period_code, person_key)
)

select *
from final
