-- about: How many of the listed persons with its disease each quality register holds when the newest period ends, in all and by group.
-- grain: register_code, dimension, level
with
periods as (
    select period_code, period_end
    from intermediate.int_period__counted
    where period_kind <> 'quarter'
    order by period_end desc, period_code
    limit 1
),

registered as (
    select
        lower(register_code) as register_code,
        person_key,
        min(inclusion_date) as inclusion_date
    from staging.stg_delivered__quality_register
    where person_key is not null
    group by lower(register_code), person_key
),

told as (
    select distinct register_code
    from registered
),

diagnosed as (
    select *
    from intermediate.int_diagnosis__chronic
),

listed as (
    select *
    from intermediate.int_person__listed
),

expected as (
    select
        told.register_code,
        periods.period_end,
        listed.* exclude (period_end),
        coalesce(registered.inclusion_date < periods.period_end, false) as is_registered
    from told
    cross join periods
    inner join listed using (period_code)
    inner join diagnosed
        on listed.period_code = diagnosed.period_code
        and listed.person_key = diagnosed.person_key
        and case told.register_code
            when 'lvr' then diagnosed.has_copd
            when 'ndr' then diagnosed.has_diabetes
        end
    left join registered
        on told.register_code = registered.register_code
        and listed.person_key = registered.person_key
),

grouped as (
    select
        register_code,
        year(period_end - to_days(1))::smallint as year,
        is_registered,
        unnest([
            {'dimension': 'total', 'level': 'all'},
            {'dimension': 'sex', 'level': sex},
            {'dimension': 'age_band', 'level': age_band},
            {'dimension': 'education', 'level': education},
            {'dimension': 'income_quintile', 'level': income_quintile},
            {'dimension': 'economic_standard', 'level': economic_standard},
            {'dimension': 'employment', 'level': employment},
            {'dimension': 'country_of_birth', 'level': country_of_birth},
            {'dimension': 'disability_proxy', 'level': disability_proxy}
        ], recursive := true)
    from expected
),

counted as (
    select
        register_code,
        year,
        dimension,
        level,
        count(*) as n_expected,
        count(*) filter (where is_registered) as n_registered
    from grouped
    where level is not null
    group by register_code, year, dimension, level
),

-- a share is told of groups with a hundred persons, and of none where it stands for fewer than five
final as (
    select
        *,
        n_registered / n_expected as coverage
    from counted
    where n_expected >= 100
        and n_registered >= 5
        and n_expected - n_registered >= 5
)

select *
from final
