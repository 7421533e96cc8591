-- about: Confidence intervals of published values of areas, as their source gives them. Of rows with the same key, the one loaded last.
-- grain: source, measure_code, area_code, year
with
-- a code may name its vintage, as in 1280C1010_DeSO2025: what stands before is the code itself
delivered as (
    select
        * replace (
            if(
                contains(area_code, '_'),
                regexp_replace(area_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                area_code
            ) as area_code
        )
    from raw.area_interval
),

repeated as (
    select source, measure_code, area_code, year
    from delivered
    group by source, measure_code, area_code, year
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (source, measure_code, area_code, year)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (source, measure_code, area_code, year)
    qualify row_number() over (
        partition by source, measure_code, area_code, year
        order by load_id desc, row_number desc
    ) = 1
),

latest as (
    select *
    from delivered_once
    union all by name
    select *
    from loaded_last
),

final as (
    select
        source,
        measure_code,
        area_code,
        year,
        published_period,
        value_lower,
        value_upper
    from latest
)

select *
from final
