-- about: Whether a person lives alone, as last known before the newest period begins.
-- grain: period_code, person_key
with
periods as (
    select period_code, status_year
    from intermediate.int_period__newest
),

valid as (
    select person_key, year, valid_from_year, valid_to_year
    from intermediate.int_person__valid
),

persons as (
    select person_key, year, lives_alone
    from staging.stg_delivered__person
),

final as (
    select
        periods.period_code,
        valid.person_key,
        persons.lives_alone
    from valid
    inner join periods
        on periods.status_year >= valid.valid_from_year
        and periods.status_year < valid.valid_to_year
    inner join persons using (person_key, year)
)

select *
from final
