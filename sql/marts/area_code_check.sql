-- about: Area codes of persons and units held against the vintage of their year: known, of another vintage, unknown or missing.
-- grain: entity, year, code_state
with
persons as (
    select year, area_code, count(*) as n_code_rows
    from staging.stg_delivered__person
    group by year, area_code
),

units as (
    select year(from_date)::smallint as year, area_code, count(*) as n_code_rows
    from staging.stg_delivered__unit
    where area_code is not null
    group by year(from_date), area_code
),

every as (
    select 'person' as entity, *
    from persons
    union all
    select 'unit' as entity, *
    from units
),

vintages as (
    select *
    from intermediate.int_area__vintage
),

listed as (
    select vintage, deso_code as area_code
    from intermediate.int_area__key
    union
    select vintage, area_code
    from intermediate.int_area__made
),

-- a list whose vintage is not one of the national divisions holds for all years
valid as (
    select
        listed.area_code,
        min(coalesce(vintages.valid_from_year, 0)) as valid_from_year,
        max(coalesce(vintages.valid_to_year, 9999)) as valid_to_year
    from listed
    left join vintages using (vintage)
    group by listed.area_code
),

-- with one vintage delivered, nothing can be said of the years of the other
covered as (
    select
        min(coalesce(vintages.valid_from_year, 0)) as valid_from_year,
        max(coalesce(vintages.valid_to_year, 9999)) as valid_to_year
    from listed
    left join vintages using (vintage)
    having count(*) > 0
),

judged as (
    select
        every.*,
        case
            when every.area_code is null then 'missing'
            when valid.area_code is null then 'unknown'
            when every.year >= valid.valid_from_year and every.year < valid.valid_to_year
                then 'known'
            when every.year < covered.valid_from_year or every.year >= covered.valid_to_year
                then 'known'
            else 'other_vintage'
        end as code_state
    from every
    cross join covered
    left join valid using (area_code)
),

final as (
    select
        entity,
        year,
        code_state,
        count(area_code) as n_codes,
        sum(n_code_rows)::bigint as n_code_rows
    from judged
    group by entity, year, code_state
)

select *
from final
