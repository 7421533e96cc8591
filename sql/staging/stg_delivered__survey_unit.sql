-- about: Results and response rates of the patient survey by unit and group. Of rows with the same key, the one loaded last.
-- grain: unit_hsa_id, survey_date, survey_dimension, survey_group, survey_group_level
with
delivered as (
    select *
    from raw.survey_unit
),

repeated as (
    select unit_hsa_id, survey_date, survey_dimension, survey_group, survey_group_level
    from delivered
    group by unit_hsa_id, survey_date, survey_dimension, survey_group, survey_group_level
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (unit_hsa_id, survey_date, survey_dimension, survey_group, survey_group_level)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (unit_hsa_id, survey_date, survey_dimension, survey_group, survey_group_level)
    qualify row_number() over (
        partition by unit_hsa_id, survey_date, survey_dimension, survey_group, survey_group_level
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
        unit_hsa_id,
        survey_date,
        survey_dimension,
        survey_group,
        survey_group_level,
        n_sent,
        n_responses,
        n_positive
    from latest
)

select *
from final
