-- about: Published values of municipalities by year, weighted by population, with the fifths of that year's municipalities.
-- grain: period_code, source, measure_code, area_code
with
published as (
    select *
    from intermediate.int_area_value__weighted
    where area_kind not in ('region', 'country')
),

areas as (
    select *
    from intermediate.int_area__described
    qualify row_number() over (partition by area_code, year order by vintage desc) = 1
),

final as (
    select
        published.period_code,
        published.source,
        published.measure_code,
        published.area_code,
        published.area_kind,
        null::bigint as person_key,
        null::varchar as sex,
        null::varchar as age_band,
        null::varchar as education,
        null::varchar as income_quintile,
        null::varchar as economic_standard,
        null::varchar as employment,
        null::varchar as country_of_birth,
        null::varchar as disability_proxy,
        areas.urban_rural,
        areas.area_education_quintile,
        areas.area_income_quintile,
        areas.area_employment_quintile,
        areas.area_foreign_born_quintile,
        -- a measure that is itself the ill health of the classes is never divided by it
        case
            when contains(areas.ill_health_source, published.measure_code)
                then areas.area_class_four_criteria
            else areas.area_class
        end as area_class,
        areas.area_type,
        areas.area_education_quintile_cumulative,
        areas.area_income_quintile_cumulative,
        areas.area_employment_quintile_cumulative,
        areas.area_foreign_born_quintile_cumulative,
        null::varchar as provider_type,
        null::varchar as financing_type,
        null::varchar as unit_size,
        null::varchar as age_group,
        null::varchar as morbidity,
        published.area_code as cluster_key,
        coalesce(
            areas.municipality_code,
            case when published.area_kind = 'municipality' then published.area_code end
        ) as municipality_code,
        published.value,
        published.value_lower,
        published.value_upper,
        published.population,
        published.weighted_value
    from published
    left join areas using (area_code, year)
)

select *
from final
