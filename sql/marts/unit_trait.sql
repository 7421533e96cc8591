-- about: How many of those listed at each unit have a trait, among those of whom it is known; newest long period.
-- grain: period_code, unit_hsa_id, item_id
with
periods as (
    select period_code
    from intermediate.int_period__newest
),

moved as (
    select *
    from intermediate.int_person__moved
),

alone as (
    select *
    from intermediate.int_person__alone
),

interpreter as (
    select period_code, person_key, area_code, needs_interpreter
    from intermediate.int_person__by_period
),

areas as (
    select period_code, area_code, class_area_code
    from intermediate.int_area__by_period
),

local_areas as (
    select period_code, unit_hsa_id, local_area_code
    from intermediate.int_unit__local_area
),

listed as (
    select
        period_code,
        person_key,
        unit_hsa_id,
        sex,
        age,
        age_band,
        morbidity,
        nullif(education, 'missing') as education,
        nullif(economic_standard, 'missing') as economic_standard,
        nullif(employment, 'missing') as employment,
        nullif(country_of_birth, 'missing') as country_of_birth,
        nullif(area_class, 'missing') as area_class
    from mart.fct_person
    where unit_hsa_id is not null
),

described as (
    select
        listed.*,
        moved.has_moved,
        alone.lives_alone,
        interpreter.needs_interpreter,
        areas.class_area_code = local_areas.local_area_code as is_local
    from listed
    inner join periods using (period_code)
    left join moved using (period_code, person_key)
    left join alone using (period_code, person_key)
    left join interpreter using (period_code, person_key)
    left join areas
        on listed.period_code = areas.period_code
        and interpreter.area_code = areas.area_code
    left join local_areas
        on listed.period_code = local_areas.period_code
        and listed.unit_hsa_id = local_areas.unit_hsa_id
),

told as (
    select
        period_code,
        unit_hsa_id,
        unnest(
            [
                {'item_id': 'AD_AGE_0_17', 'has_trait': age_band = '0-17'},
                {'item_id': 'AD_AGE_18_44', 'has_trait': age_band = '18-44'},
                {'item_id': 'AD_AGE_45_64', 'has_trait': age_band = '45-64'},
                {'item_id': 'AD_AGE_65_79', 'has_trait': age_band = '65-79'},
                {'item_id': 'AD_AGE_80', 'has_trait': age_band = '80+'},
                {'item_id': 'AD_WOMEN', 'has_trait': sex = 'female'},
                {'item_id': 'AD_LOW_EDUCATION', 'has_trait': education = 'pre_secondary'},
                {'item_id': 'AD_LOW_INCOME', 'has_trait': economic_standard = 'low'},
                {'item_id': 'AD_EMPLOYED', 'has_trait': employment = 'employed'},
                {'item_id': 'AD_FOREIGN_BORN', 'has_trait': country_of_birth <> 'sweden'},
                {
                    'item_id': 'AD_OUTSIDE_EUROPE',
                    'has_trait': country_of_birth = 'outside_europe'
                },
                {'item_id': 'AD_MOVED_IN', 'has_trait': has_moved},
                {
                    'item_id': 'AD_ALONE_65',
                    'has_trait': case when age >= 65 then lives_alone end
                },
                {'item_id': 'AD_RESOURCE_WEAK', 'has_trait': area_class = 'resource_weak'},
                {'item_id': 'AD_LOCAL', 'has_trait': is_local},
                {
                    'item_id': 'AN_CHRONIC_TWO',
                    'has_trait': morbidity in ('two', 'three_or_more')
                },
                {'item_id': 'AN_INTERPRETER_NEED', 'has_trait': needs_interpreter}
            ],
            recursive := true
        )
    from described
),

final as (
    select
        period_code,
        unit_hsa_id,
        item_id,
        count(*) as n_persons,
        count(*) filter (where has_trait) as n_persons_with,
        n_persons - n_persons_with as n_persons_without
    from told
    where has_trait is not null
    group by period_code, unit_hsa_id, item_id
)

select *
from final
