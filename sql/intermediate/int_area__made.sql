-- about: All areas: those delivered, larger ones made from their parts, and ill health by our own counts where ages were delivered.
-- grain: area_code, vintage, year
with
delivered as (
    select
        *,
        'delivered' as share_source
    from staging.stg_delivered__area
    where area_kind not in ('region', 'country')
),

aggregated as (
    select * exclude (n_parts)
    from intermediate.int_area__aggregated
),

health as (
    select area_code, vintage, year, area_kind, ill_health_age_standardised as own_ill_health
    from intermediate.int_area__health
),

-- one measure for all areas of a kind and year: days of one source are no shares of another
counted as (
    select distinct area_kind, vintage, year, true as has_own_ill_health
    from health
),

keys as (
    select
        'deso' as area_kind,
        vintage,
        deso_code as area_code,
        regso_code as regso_of_key,
        municipality_code as municipality_of_key
    from intermediate.int_area__key
),

every as (
    select *
    from delivered
    union all by name
    select *
    from aggregated
),

final as (
    select
        every.* exclude (
            regso_code,
            municipality_code,
            urban_rural,
            ill_health_age_standardised,
            ill_health_source
        ),
        coalesce(every.regso_code, keys.regso_of_key) as regso_code,
        coalesce(every.municipality_code, keys.municipality_of_key) as municipality_code,
        -- the letter of a DeSO tells town and country
        case
            when every.urban_rural is not null then every.urban_rural
            when every.area_kind <> 'deso' then null
            when regexp_full_match(every.area_code, '[0-9]{4}A[0-9]{4}') then 'rural'
            when regexp_full_match(every.area_code, '[0-9]{4}B[0-9]{4}') then 'town'
            when regexp_full_match(every.area_code, '[0-9]{4}C[0-9]{4}') then 'central_town'
        end as urban_rural,
        case
            when counted.has_own_ill_health then health.own_ill_health
            else every.ill_health_age_standardised
        end as ill_health_age_standardised,
        case
            when counted.has_own_ill_health then 'area_health'
            else every.ill_health_source
        end as ill_health_source
    from every
    left join keys using (area_kind, vintage, area_code)
    left join counted using (area_kind, vintage, year)
    left join health using (area_kind, area_code, vintage, year)
)

select *
from final
