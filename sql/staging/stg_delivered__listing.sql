-- about: Listings of persons at units. Of rows with the same key, the one loaded last.
-- grain: person_key, from_date
with
delivered as (
    select *
    from raw.listing
),

repeated as (
    select person_key, from_date
    from delivered
    group by person_key, from_date
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (person_key, from_date)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (person_key, from_date)
    qualify row_number() over (
        partition by person_key, from_date
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
        person_key,
        unit_hsa_id,
        from_date,
        to_date,
        choice_type,
        named_physician
    from latest
)

select *
from final
