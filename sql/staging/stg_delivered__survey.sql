-- about: Answers to the patient survey. Of rows with the same key, the one loaded last.
-- grain: response_id, survey_dimension
with
delivered as (
    select *
    from raw.survey
),

repeated as (
    select response_id, survey_dimension
    from delivered
    group by response_id, survey_dimension
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (response_id, survey_dimension)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (response_id, survey_dimension)
    qualify row_number() over (
        partition by response_id, survey_dimension
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
        response_id,
        unit_hsa_id,
        response_date,
        survey_dimension,
        is_positive,
        response_weight,
        sex,
        age_years,
        education,
        country_of_birth
    from latest
)

select *
from final
