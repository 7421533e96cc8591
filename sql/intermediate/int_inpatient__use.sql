-- about: Avoidable admissions and their cost in a period, and any admission in the 36 months before it ends.
-- grain: period_code, person_key
with
episodes as (
    select
        person_key,
        in_date,
        kpp_sek,
        -- anaemia; asthma and COPD; diabetes; heart failure; hypertension; angina;
        -- bleeding ulcer; diarrhoea; seizures; pelvic inflammation; pyelonephritis; ear, nose, throat
        regexp_matches(
            main_diagnosis,
            '^(D50|J4[1-7]|E1[0-4]|I50|J81|I10|I11|I20|I24|'
            || 'K25[04]|K26[04]|K27[04]|A09|K52[289]|O15|G4[01]|R56|N7[034]|'
            || 'N1[0-2]|N136|H66|J0[236]|J312)'
        ) as is_avoidable
    from staging.stg_delivered__inpatient
    where person_key is not null
),

periods as (
    select period_code, period_start, period_end, need_start
    from intermediate.int_period__counted
),

by_period as (
    select
        periods.period_code,
        episodes.person_key,
        count(*) filter (
            where episodes.is_avoidable and episodes.in_date >= periods.period_start
        ) as n_avoidable_admissions,
        coalesce(
            sum(episodes.kpp_sek) filter (
                where episodes.is_avoidable and episodes.in_date >= periods.period_start
            ),
            0
        )::decimal(18, 2) as avoidable_admission_cost_sek,
        bool_or(episodes.in_date >= periods.need_start) as has_inpatient_episode
    from episodes
    inner join periods
        on episodes.in_date >= least(periods.need_start, periods.period_start)
        and episodes.in_date < periods.period_end
    group by periods.period_code, episodes.person_key
)

select *
from by_period
