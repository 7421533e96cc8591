-- about: Conditions of OMOP CDM as diagnoses: the ICD-10 code of the source, else that of a standard concept we count.
-- grain: __row_number
with
conditions as (
    select * from delivered
),

-- standard concepts of the conditions that our code groups are made of
known(condition_concept_id, icd10_of_concept) as (
    values
    ('255573', 'J44'), ('317009', 'J45'), ('201826', 'E11'), ('201254', 'E10'),
    ('320128', 'I10'), ('313217', 'I48'), ('316139', 'I50'), ('4229440', 'I50'),
    ('317576', 'I25'), ('312327', 'I21'), ('321318', 'I20'), ('440383', 'F32'),
    ('442077', 'F41'), ('4182210', 'F03'), ('378419', 'G30'), ('260139', 'J20'),
    ('4112343', 'J02'), ('28060', 'J02'), ('40481087', 'J01'), ('439777', 'D64')
),

visits as (
    select visit_occurrence_id, min(visit_concept_id) as visit_concept_id
    from visit_occurrence
    group by visit_occurrence_id
),

coded as (
    select
        conditions.*,
        case
            when regexp_full_match(
                upper(replace(conditions.condition_source_value, '.', '')),
                '[A-Z][0-9]{2}[0-9A-Z]{0,4}'
            ) then upper(replace(conditions.condition_source_value, '.', ''))
            else known.icd10_of_concept
        end as icd10se,
        coalesce(
            conditions.visit_occurrence_id, 'condition-' || conditions.condition_occurrence_id
        ) as contact_id,
        case when visits.visit_concept_id = '9201' then 'SV' else 'PV' end as care_level
    from conditions
    left join known using (condition_concept_id)
    left join visits using (visit_occurrence_id)
),

final as (
    select
        *,
        row_number() over (
            partition by contact_id order by try_cast(condition_occurrence_id as bigint), __row_number
        )::varchar as position,
        case when icd10se is not null then 'true' end as is_diagnosis,
        case when icd10se is null then 'no_icd10_code' end as aside
    from coded
)

select *
from final
