-- about: What is known of an area in a period: fifths and class of the areas that classes are made on, and of the other national division; the rest of its own.
-- grain: period_code, area_code
with
described as (
    select *
    from intermediate.int_area__described
),

keys as (
    select *
    from intermediate.int_area__key
),

vintages as (
    select *
    from intermediate.int_area__vintage
),

-- a DeSO that only the key tells of still lies in a RegSO and a municipality
areas as (
    select *
    from described
    union all by name
    select
        keys.deso_code as area_code,
        'deso' as area_kind,
        keys.vintage,
        coalesce(vintages.valid_from_year, 0)::smallint as year,
        keys.regso_code,
        keys.municipality_code,
        case substr(keys.deso_code, 5, 1)
            when 'A' then 'rural'
            when 'B' then 'town'
            when 'C' then 'central_town'
        end as urban_rural
    from keys
    left join vintages using (vintage)
    anti join described on keys.deso_code = described.area_code
),

periods as (
    select period_code, status_year
    from intermediate.int_period__counted
),

-- where two vintages describe one year, the later one counts
one_vintage as (
    select *
    from areas
    qualify row_number() over (partition by area_code, year order by vintage desc) = 1
),

-- a year holds until the next; the earliest also for what was before it
valid as (
    select
        *,
        case
            when lag(year) over chronicle is null then 0
            else year
        end as valid_from_year,
        coalesce(lead(year) over chronicle, 9999) as valid_to_year
    from one_vintage
    window chronicle as (partition by area_code order by year)
),

chosen as (
    select *
    from periods
    inner join valid
        on periods.status_year >= valid.valid_from_year
        and periods.status_year < valid.valid_to_year
),

pointed as (
    select
        *,
        case
            when area_kind = getvariable('area_kind') then area_code
            when getvariable('area_kind') = 'regso' then regso_code
            when getvariable('area_kind') = 'municipality' then municipality_code
        end as class_area_code,
        case getvariable('area_kind') when 'regso' then 'deso' when 'deso' then 'regso' end
            as second_kind,
        case
            when area_kind = second_kind then area_code
            when second_kind = 'regso' then regso_code
        end as second_area_code
    from chosen
),

final as (
    select
        own.period_code,
        own.area_code,
        own.municipality_code,
        coalesce(own.urban_rural, class_area.urban_rural) as urban_rural,
        class_area.area_education_quintile,
        class_area.area_income_quintile,
        class_area.area_employment_quintile,
        class_area.area_foreign_born_quintile,
        class_area.area_class,
        coalesce(class_area.area_type, own.area_type) as area_type,
        own.class_area_code,
        -- the same borders drawn in the other division: whether a gap hangs on where lines are drawn
        second_area.area_education_quintile as area_education_quintile_second,
        second_area.area_income_quintile as area_income_quintile_second,
        second_area.area_employment_quintile as area_employment_quintile_second,
        second_area.area_foreign_born_quintile as area_foreign_born_quintile_second,
        second_area.area_class as area_class_second
    from pointed as own
    left join chosen as class_area
        on own.period_code = class_area.period_code
        and own.class_area_code = class_area.area_code
        and class_area.area_kind = getvariable('area_kind')
    left join chosen as second_area
        on own.period_code = second_area.period_code
        and own.second_area_code = second_area.area_code
        and own.second_kind = second_area.area_kind
)

select *
from final
