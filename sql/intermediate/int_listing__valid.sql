-- about: Listings laid end to end: on each day a person is listed at one unit, of overlapping ones the one begun last.
-- grain: person_key, valid_from
with
-- a listing ends before its last day; one that ends on its first day held for no day
listings as (
    select
        person_key,
        unit_hsa_id,
        from_date,
        coalesce(to_date, 'infinity'::date) as to_date,
        coalesce(named_physician, false) as named_physician
    from staging.stg_delivered__listing
    where coalesce(to_date, 'infinity'::date) > from_date
),

turns as (
    select person_key, from_date as valid_from
    from listings
    union
    select person_key, to_date as valid_from
    from listings
    where to_date < 'infinity'::date
),

stretches as (
    select
        person_key,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by person_key order by valid_from), 'infinity'::date
        ) as valid_to
    from turns
),

held as (
    select
        stretches.person_key,
        stretches.valid_from,
        stretches.valid_to,
        last(listings.unit_hsa_id order by listings.from_date) as unit_hsa_id,
        last(listings.named_physician order by listings.from_date) as named_physician
    from stretches
    inner join listings
        on stretches.person_key = listings.person_key
        and listings.from_date <= stretches.valid_from
        and listings.to_date > stretches.valid_from
    group by stretches.person_key, stretches.valid_from, stretches.valid_to
)

select *
from held
