-- about: Procedures, with codes in capitals. Of rows with the same key, the one loaded last.
-- grain: contact_id, kva_code
with
delivered as (
    select *
    from raw.procedure
),

repeated as (
    select contact_id, kva_code
    from delivered
    group by contact_id, kva_code
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (contact_id, kva_code)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (contact_id, kva_code)
    qualify row_number() over (
        partition by contact_id, kva_code
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
        contact_id,
        upper(kva_code) as kva_code,
        person_key,
        procedure_date
    from latest
)

select *
from final
