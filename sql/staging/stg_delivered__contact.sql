-- about: Care contacts. Of rows with the same key, the one loaded last.
-- grain: contact_id
with
-- a code may name its vintage, as in 1280C1010_DeSO2025: what stands before is the code itself
delivered as (
    select
        * replace (
            if(
                contains(area_code, '_'),
                regexp_replace(area_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                area_code
            ) as area_code
        )
    from raw.contact
),

repeated as (
    select contact_id
    from delivered
    group by contact_id
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (contact_id)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (contact_id)
    qualify row_number() over (
        partition by contact_id
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
        person_key,
        unit_hsa_id,
        physician_key,
        booked_date,
        contact_date,
        profession,
        contact_form,
        visit_type,
        guarantee_covered,
        first_contact_date,
        assessment_date,
        patient_chosen_wait,
        missed,
        cancelled,
        cancelled_date,
        interpreter,
        target_date,
        area_code
    from latest
)

select *
from final
