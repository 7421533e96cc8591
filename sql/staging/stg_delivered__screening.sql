-- about: Invitations to screening, with the sample if one was taken. Of rows with the same key, the one loaded last.
-- grain: person_key, screening_type, invited_date
with
delivered as (
    select *
    from raw.screening
),

repeated as (
    select person_key, screening_type, invited_date
    from delivered
    group by person_key, screening_type, invited_date
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (person_key, screening_type, invited_date)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (person_key, screening_type, invited_date)
    qualify row_number() over (
        partition by person_key, screening_type, invited_date
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
        screening_type,
        invited_date,
        sampled_date,
        unit_hsa_id
    from latest
)

select *
from final
