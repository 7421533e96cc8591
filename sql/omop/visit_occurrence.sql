-- about: Visits of OMOP CDM as contacts, and as inpatient episodes where they are such.
-- grain: __row_number
with
visits as (
    select * from delivered
),

sites as (
    select care_site_id, min(care_site_source_value) as unit_hsa_id
    from care_site
    group by care_site_id
),

staff as (
    select provider_id, min(specialty_concept_id) as specialty_concept_id
    from provider
    group by provider_id
),

-- the first condition of a stay that has a code of ICD-10 is its main one
conditions as (
    select
        visit_occurrence_id,
        arg_min(
            upper(replace(condition_source_value, '.', '')),
            try_cast(condition_occurrence_id as bigint)
        ) as main_diagnosis
    from condition_occurrence
    where regexp_full_match(
        upper(replace(condition_source_value, '.', '')), '[A-Z][0-9]{2}[0-9A-Z]{0,4}'
    )
    group by visit_occurrence_id
),

told as (
    select
        visits.*,
        sites.unit_hsa_id,
        staff.specialty_concept_id,
        coalesce(conditions.main_diagnosis, 'R69') as main_diagnosis,
        case visits.visit_concept_id
            when '9202' then 'visit'
            when '581477' then 'visit'
            when '581476' then 'home_visit'
        end as contact_form,
        case when staff.specialty_concept_id = '38004446' then 'physician' end as profession,
        visits.visit_start_date >= '1990' as is_recent,
        visits.visit_concept_id in ('9202', '581477', '581476', '5083') and is_recent as is_contact,
        visits.visit_concept_id = '9201' and is_recent as is_inpatient
    from visits
    left join sites using (care_site_id)
    left join staff using (provider_id)
    left join conditions using (visit_occurrence_id)
),

final as (
    select
        * exclude (is_contact, is_inpatient, is_recent),
        is_contact::varchar as is_contact,
        is_inpatient::varchar as is_inpatient,
        case
            when visit_concept_id in ('9203', '262') then 'emergency_visit'
            when not is_recent then 'before_1990'
            when not (is_contact or is_inpatient) then 'other_visit'
        end as aside
    from told
)

select *
from final
