-- about: Published values of regions and the country, to hold beside; they enter no fifths.
-- grain: source, measure_code, area_code, year
with
published as (
    select *
    from intermediate.int_area_value__weighted
),

final as (
    select
        source,
        measure_code,
        area_code,
        area_kind,
        year,
        period_code,
        value,
        value_lower,
        value_upper,
        population
    from published
    where area_kind in ('region', 'country')
)

select *
from final
