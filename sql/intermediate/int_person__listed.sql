-- about: Persons listed and alive on the first day of a period, as they were then, with the years listed in it.
-- grain: period_code, person_key
with
listings as (
    select *
    from intermediate.int_listing__by_period
),

persons as (
    select *
    from intermediate.int_person__by_period
),

listed as (
    select
        persons.*,
        listings.unit_hsa_id,
        listings.named_physician,
        -- whoever dies on the first day was alive when it began
        (listings.listed_days / (persons.period_end - persons.period_start) * persons.period_years)
            ::decimal(9, 6) as person_years
    from listings
    inner join persons using (period_code, person_key)
    where persons.death_date is null or persons.death_date >= persons.period_start
)

select *
from listed
