-- about: Answers to the patient survey in each period, by what the form asks of the respondent and by the unit answered about.
-- grain: period_code, response_id, survey_dimension
with
answers as (
    select *
    from staging.stg_delivered__survey
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

units as (
    select *
    from intermediate.int_unit__stratified
),

areas as (
    select *
    from intermediate.int_area__stratified
),

scope as (
    select *
    from intermediate.int_delivery__scope
),

form as (
    select
        count(education) > 0 as has_education_answer,
        count(country_of_birth) > 0 as has_country_of_birth_answer
    from answers
),

dated as (
    select
        periods.period_code,
        answers.*
    from answers
    inner join periods
        on answers.response_date >= periods.period_start
        and answers.response_date < periods.period_end
),

final as (
    select
        dated.period_code,
        dated.response_id,
        dated.survey_dimension,
        null::bigint as person_key,
        dated.sex,
        case
            when dated.age_years < 18 then '0-17'
            when dated.age_years < 45 then '18-44'
            when dated.age_years < 65 then '45-64'
            when dated.age_years < 80 then '65-79'
            when dated.age_years >= 80 then '80+'
        end as age_band,
        case
            when form.has_education_answer and coalesce(dated.age_years >= 25, true)
                then coalesce(dated.education, 'missing')
        end as education,
        null::varchar as income_quintile,
        null::varchar as economic_standard,
        null::varchar as employment,
        case
            when form.has_country_of_birth_answer then coalesce(dated.country_of_birth, 'missing')
        end as country_of_birth,
        null::varchar as disability_proxy,
        areas.* exclude (period_code, area_code, municipality_code, class_area_code),
        case when scope.has_provider_type then coalesce(units.provider_type, 'missing') end
            as provider_type,
        case when scope.has_financing_type then coalesce(units.financing_type, 'missing') end
            as financing_type,
        case when scope.has_listing then coalesce(units.unit_size, 'missing') end as unit_size,
        case
            when dated.age_years >= 85 then '85+'
            when dated.age_years >= 0
                then printf('%02d-%02d', (dated.age_years // 5) * 5, (dated.age_years // 5) * 5 + 4)
        end as age_group,
        null::varchar as morbidity,
        coalesce(dated.unit_hsa_id, 'none') as cluster_key,
        units.municipality_code,
        units.class_area_code as area_code,
        dated.unit_hsa_id,
        dated.is_positive,
        coalesce(dated.response_weight, 1)::decimal(10, 4) as response_weight
    from dated
    cross join form
    cross join scope
    left join units using (period_code, unit_hsa_id)
    left join areas
        on dated.period_code = areas.period_code
        and units.area_code is not distinct from areas.area_code
)

select *
from final
