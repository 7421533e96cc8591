-- about: Diagnoses, with codes in capitals and without dots. Of rows with the same key, the one loaded last.
-- grain: contact_id, position
with
delivered as (
    select *
    from raw.diagnosis
),

repeated as (
    select contact_id, position
    from delivered
    group by contact_id, position
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (contact_id, position)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (contact_id, position)
    qualify row_number() over (
        partition by contact_id, position
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
        position,
        person_key,
        replace(upper(icd10se), '.', '') as icd10se,
        is_main,
        diagnosis_date,
        care_level
    from latest
)

select *
from final
