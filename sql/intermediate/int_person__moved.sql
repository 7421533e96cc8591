-- about: Whether a person's home was somewhere else a year before the newest period's status day; unknown where codes cannot tell.
-- grain: period_code, person_key
with
periods as (
    select period_code, status_year
    from intermediate.int_period__newest
),

persons as (
    select person_key, year, birth_year, area_code, municipality_code
    from intermediate.int_person__valid
),

made as (
    select vintage, area_code
    from intermediate.int_area__made
),

keys as (
    select vintage, deso_code as area_code
    from intermediate.int_area__key
),

listed as (
    select vintage, area_code
    from made
    union
    select vintage, area_code
    from keys
),

homes as (
    select
        periods.period_code,
        periods.status_year,
        persons.*
    from persons
    inner join periods on persons.year = periods.status_year
),

before as (
    select persons.*
    from persons
    inner join periods on persons.year = periods.status_year - 1
),

has_before as (
    select count(*) > 0 as is_delivered
    from before
),

pairs as (
    select distinct
        homes.area_code,
        before.area_code as area_code_before
    from homes
    inner join before using (person_key)
    where homes.area_code <> before.area_code
),

-- codes of two divisions differ although nobody moved: only codes of one division can be compared
comparable as (
    select distinct
        pairs.area_code,
        pairs.area_code_before
    from pairs
    inner join listed using (area_code)
    inner join listed as listed_before
        on pairs.area_code_before = listed_before.area_code
        and listed.vintage = listed_before.vintage
),

compared as (
    select
        homes.period_code,
        homes.person_key,
        case
            when not has_before.is_delivered then null
            when homes.birth_year >= homes.status_year then null
            when before.person_key is null then true
            when homes.municipality_code <> before.municipality_code then true
            when homes.area_code = before.area_code then false
            when comparable.area_code is not null then true
        end as has_moved
    from homes
    cross join has_before
    left join before using (person_key)
    left join comparable
        on homes.area_code = comparable.area_code
        and before.area_code = comparable.area_code_before
)

select *
from compared
