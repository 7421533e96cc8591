-- about: Each listed person's expected probability of COPD by age, sex and smoking; where smoking is unknown, that of others of the same sex and age.
-- grain: period_code, person_key
with
listed as (
    select period_code, person_key, sex, age
    from intermediate.int_person__listed
    where age >= 40
),

habits as (
    select period_code, person_key, is_smoker
    from intermediate.int_measurement__habits
),

reference_shares as (
    select *
    from intermediate.int_copd__reference
),

placed as (
    select
        listed.period_code,
        listed.person_key,
        listed.sex,
        reference_shares.age_from,
        habits.is_smoker,
        reference_shares.expected_share,
        reference_shares.is_smoker as is_share_of_smokers
    from listed
    inner join reference_shares
        on listed.sex = reference_shares.sex
        and listed.age >= reference_shares.age_from
        and listed.age < reference_shares.age_to
    left join habits using (period_code, person_key)
),

-- two rows a person: as a smoker and as none; what is known decides, else how many of the like smoke
smoking as (
    select
        period_code,
        sex,
        age_from,
        count(*) filter (where is_smoker) / nullif(count(is_smoker), 0) as share_smoking
    from placed
    group by period_code, sex, age_from
),

final as (
    select
        placed.period_code,
        placed.person_key,
        sum(
            placed.expected_share
            * case
                when placed.is_smoker is not null
                    then (placed.is_smoker = placed.is_share_of_smokers)::integer
                when placed.is_share_of_smokers then smoking.share_smoking
                else 1 - smoking.share_smoking
            end
        )::decimal(9, 6) as expected_copd
    from placed
    inner join smoking using (period_code, sex, age_from)
    group by placed.period_code, placed.person_key
)

select *
from final
