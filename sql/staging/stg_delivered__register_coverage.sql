-- about: Coverage of quality registers by place, year and group. Of rows with the same key, the one loaded last.
-- grain: register_code, year, geography_level, geography_code, dimension, level
with
delivered as (
    select *
    from raw.register_coverage
),

latest as (
    select *
    from delivered
    qualify row_number() over (
        partition by register_code, year, geography_level, geography_code, dimension, level
        order by load_id desc, row_number desc
    ) = 1
),

final as (
    select
        register_code,
        year,
        geography_level,
        geography_code,
        dimension,
        level,
        n_registered,
        n_expected,
        coverage,
        value_status
    from latest
)

select *
from final
