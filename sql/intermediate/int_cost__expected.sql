-- about: The region's mean cost of primary care per person-year by sex, age and morbidity; cells with few persons are counted together until there are enough.
-- grain: period_code, sex, age_group, morbidity
with
listed as (
    select period_code, person_key, sex, age_group, morbidity, person_years
    from intermediate.int_person__listed
),

costs as (
    select *
    from intermediate.int_cost__primary_care
),

-- the finest cells; those with fewer than fifty persons go to the next coarser kind, and so on
cells as (
    select
        listed.period_code,
        listed.sex,
        listed.age_group,
        case
            when listed.age_group < '20' then 'under 20'
            when listed.age_group < '45' then '20-44'
            when listed.age_group < '65' then '45-64'
            when listed.age_group < '80' then '65-79'
            else 'over 79'
        end as wide_age,
        coalesce(listed.morbidity, 'unknown') as morbidity_cell,
        count(*) as n_listed,
        sum(listed.person_years) as person_years,
        sum(coalesce(costs.primary_care_cost_sek, 0)) as cost_sek
    from listed
    left join costs using (period_code, person_key)
    group by all
),

by_band as (
    select
        *,
        n_listed >= 50 as is_enough,
        sum(n_listed) over (
            partition by period_code, sex, wide_age, morbidity_cell, n_listed >= 50
        ) >= 50 as is_enough_of_band
    from cells
),

by_morbidity as (
    select
        *,
        sum(n_listed) over (
            partition by
                period_code, wide_age, morbidity_cell, is_enough or is_enough_of_band
        ) >= 50 as is_enough_of_morbidity
    from by_band
),

-- a person belongs to one cell only, so that the expected costs of all add up to the actual ones
chosen as (
    select
        *,
        case
            when is_enough then concat_ws('/', sex, age_group, morbidity_cell)
            when is_enough_of_band then concat_ws('/', sex, wide_age, morbidity_cell)
            when is_enough_of_morbidity then concat_ws('/', wide_age, morbidity_cell)
            else 'rest'
        end as cost_cell
    from by_morbidity
),

final as (
    select
        period_code,
        sex,
        age_group,
        nullif(morbidity_cell, 'unknown') as morbidity,
        (sum(cost_sek) over pooled)::double
            / nullif((sum(person_years) over pooled)::double, 0) as expected_cost_per_year
    from chosen
    window pooled as (partition by period_code, cost_cell)
)

select *
from final
