-- about: Areas with their population and social shares, by year and vintage. Of rows with the same key, the one loaded last.
-- grain: area_code, vintage, year
with
-- a code may name its vintage, as in 1280C1010_DeSO2025: what stands before is the code itself
delivered as (
    select
        * replace (
            if(
                contains(area_code, '_'),
                regexp_replace(area_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                area_code
            ) as area_code,
            if(
                contains(regso_code, '_'),
                regexp_replace(regso_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                regso_code
            ) as regso_code
        )
    from raw.area
),

repeated as (
    select area_code, vintage, year
    from delivered
    group by area_code, vintage, year
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (area_code, vintage, year)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (area_code, vintage, year)
    qualify row_number() over (
        partition by area_code, vintage, year
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
        area_code,
        area_kind,
        vintage,
        year,
        regso_code,
        municipality_code,
        population,
        share_low_education,
        share_low_income,
        median_income_sek,
        share_employed_20_64,
        share_foreign_born,
        share_born_outside_europe,
        ill_health_age_standardised,
        ill_health_source,
        area_type,
        urban_rural,
        share_post_secondary,
        share_aged_20_24,
        share_low_income_25_64,
        share_employed_25_64,
        population_20_64,
        population_25_64
    from latest
)

select *
from final
