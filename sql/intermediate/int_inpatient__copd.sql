-- about: Admissions with COPD as the main diagnosis, and the cost of all inpatient care of a person in a period.
-- grain: period_code, person_key
with
episodes as (
    select person_key, in_date, main_diagnosis, kpp_sek
    from staging.stg_delivered__inpatient
    where person_key is not null
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

by_period as (
    select
        periods.period_code,
        episodes.person_key,
        count(*) filter (where episodes.main_diagnosis like 'J44%') as n_copd_admissions,
        coalesce(sum(episodes.kpp_sek), 0)::decimal(18, 2) as inpatient_cost_sek
    from episodes
    inner join periods
        on episodes.in_date >= periods.period_start
        and episodes.in_date < periods.period_end
    group by periods.period_code, episodes.person_key
)

select *
from by_period
