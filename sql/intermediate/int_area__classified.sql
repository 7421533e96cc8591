-- about: The five criteria of a resource-weak area, its class each year, and its class when a change must last two years.
-- grain: area_code, vintage, year
with
areas as (
    select *
    from intermediate.int_area__made
),

places as (
    select
        *,
        area_measure in ('education', 'income', 'employment', 'foreign_born') as is_social,
        is_social or area_measure = 'ill_health' as is_criterion
    from intermediate.int_area__quintiles
),

criteria as (
    select
        area_code,
        vintage,
        year,
        any_value(area_rank) filter (where area_measure = 'education') as education_rank,
        any_value(area_rank) filter (where area_measure = 'income') as income_rank,
        any_value(area_rank) filter (where area_measure = 'employment') as employment_rank,
        any_value(area_rank) filter (where area_measure = 'foreign_born') as foreign_born_rank,
        any_value(area_rank) filter (where area_measure = 'ill_health') as ill_health_rank,
        any_value(is_worst) filter (where area_measure = 'education') as is_low_education,
        any_value(is_worst) filter (where area_measure = 'income') as is_low_income,
        any_value(is_worst) filter (where area_measure = 'employment') as is_low_employment,
        any_value(is_worst) filter (where area_measure = 'foreign_born') as is_high_foreign_born,
        any_value(is_worst) filter (where area_measure = 'ill_health') as is_high_ill_health,
        any_value(area_rank) filter (where area_measure = 'post_secondary') as post_secondary_rank,
        any_value(area_rank) filter (where area_measure = 'young_adult') as young_adult_rank,
        any_value(area_quintile) filter (where area_measure = 'post_secondary')
            as post_secondary_quintile,
        any_value(area_quintile) filter (where area_measure = 'young_adult')
            as young_adult_quintile,
        any_value(area_quintile) filter (where area_measure = 'all_employment')
            as all_employment_quintile,
        count(*) filter (where is_criterion) as n_criteria_delivered,
        count(*) filter (where is_social) as n_social_criteria_delivered,
        count(*) filter (where is_criterion and is_worst) as n_criteria_met,
        count(*) filter (where is_criterion and is_worst is null) as n_criteria_unknown,
        count(*) filter (where is_social and is_worst) as n_social_met,
        count(*) filter (where is_social and is_worst is null) as n_social_unknown
    from places
    group by area_code, vintage, year
),

-- what is unknown of an area may only be passed over where it cannot change the class
counted as (
    select
        *,
        n_criteria_met + n_criteria_unknown as n_criteria_at_most,
        n_social_met + n_social_unknown as n_social_at_most
    from criteria
),

classed as (
    select
        *,
        case
            when n_criteria_delivered < 5 then null
            when n_criteria_met >= getvariable('resource_weak_criteria') then 'resource_weak'
            when n_criteria_at_most < getvariable('partly_criteria') then 'other'
            when n_criteria_met >= getvariable('partly_criteria')
                and n_criteria_at_most < getvariable('resource_weak_criteria') then 'partly'
            else 'missing'
        end as area_class_raw,
        -- without ill health, for indicators that are themselves ill health: one criterion less
        case
            when n_social_criteria_delivered < 4 then null
            when n_social_met >= getvariable('resource_weak_criteria') - 1 then 'resource_weak'
            when n_social_at_most < getvariable('partly_criteria') then 'other'
            when n_social_met >= getvariable('partly_criteria')
                and n_social_at_most < getvariable('resource_weak_criteria') - 1 then 'partly'
            else 'missing'
        end as area_class_four_criteria
    from counted
),

with_year_before as (
    select
        classed.*,
        areas.area_kind,
        areas.population,
        areas.area_type,
        lag(area_class_raw) over chronicle as class_before,
        coalesce(year - lag(year) over chronicle <= 1, false) as is_next_year,
        count(*) filter (where area_class_raw <> 'missing') over (
            partition by area_kind, area_code
            order by year, vintage
            rows between unbounded preceding and 1 preceding
        ) as n_known_before
    from classed
    inner join areas using (area_code, vintage, year)
    window chronicle as (partition by area_kind, area_code order by year, vintage)
),

-- a class holds from the first year it is known; another, when two consecutive years have said it
confirmed as (
    select
        *,
        case
            when n_known_before = 0 or is_next_year and class_before = area_class_raw
                then area_class_raw
        end as class_confirmed
    from with_year_before
),

settled as (
    select
        *,
        last_value(class_confirmed ignore nulls) over (
            partition by area_kind, area_code
            order by year, vintage
            rows between unbounded preceding and current row
        ) as class_held
    from confirmed
),

final as (
    select
        area_code,
        vintage,
        year,
        area_kind,
        population,
        education_rank,
        income_rank,
        employment_rank,
        foreign_born_rank,
        ill_health_rank,
        is_low_education,
        is_low_income,
        is_low_employment,
        is_high_foreign_born,
        is_high_ill_health,
        n_criteria_met,
        n_criteria_unknown,
        area_class_raw,
        case when area_class_raw is not null then class_held end as area_class,
        area_class_four_criteria,
        post_secondary_rank,
        young_adult_rank,
        -- many with a long education, few with a job, and many aged 20-24 where that is delivered
        case
            when post_secondary_quintile is null or all_employment_quintile is null then null
            when 'missing' in (
                post_secondary_quintile,
                all_employment_quintile,
                coalesce(young_adult_quintile, 'q5')
            ) then null
            else post_secondary_quintile = 'q5'
                and all_employment_quintile = 'q1'
                and coalesce(young_adult_quintile, 'q5') = 'q5'
        end as is_student_area,
        area_type
    from settled
)

select *
from final
