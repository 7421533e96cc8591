-- about: What the tables of reach and care chains ask of listed persons: registered need of an interpreter, diagnosed and expected to be, and worsened COPD outside hospital.
-- grain: period_code, person_key
with
listed as (
    select period_code, person_key, sex, age_group, morbidity, needs_interpreter
    from intermediate.int_person__listed
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

scope as (
    select *
    from intermediate.int_delivery__scope
),

worsened as (
    select person_key, diagnosis_date
    from staging.stg_delivered__diagnosis
    where regexp_matches(icd10se, '^J44\.?[01]')
        and care_level in ('PV', 'OV')
        and person_key is not null
),

exacerbations as (
    select distinct periods.period_code, worsened.person_key, true as has_copd_exacerbation
    from worsened
    inner join periods
        on worsened.diagnosis_date >= periods.period_start
        and worsened.diagnosis_date < periods.period_end
),

-- the region's own share with a chronic diagnosis among those of the same sex and age
expected as (
    select
        period_code,
        sex,
        age_group,
        count(*) filter (where morbidity <> 'none') / count(*) as share_diagnosed
    from listed
    where morbidity is not null
    group by period_code, sex, age_group
),

final as (
    select
        listed.period_code,
        listed.person_key,
        listed.needs_interpreter,
        (listed.morbidity <> 'none')::integer as n_with_chronic,
        case when listed.morbidity is not null then expected.share_diagnosed end
            ::decimal(9, 6) as expected_chronic,
        case when scope.has_diagnosis then coalesce(exacerbations.has_copd_exacerbation, false) end
            as has_copd_exacerbation
    from listed
    cross join scope
    left join expected using (period_code, sex, age_group)
    left join exacerbations using (period_code, person_key)
)

select *
from final
