-- about: Published values of single care units by period and sex. Of rows with the same key, the one loaded last.
-- grain: source, measure_code, unit_code, period_start, period_end, sex_group
with
delivered as (
    select *
    from raw.unit_value
),

latest as (
    select *
    from delivered
    qualify row_number() over (
        partition by source, measure_code, unit_code, period_start, period_end, sex_group
        order by load_id desc, row_number desc
    ) = 1
),

final as (
    select
        source,
        measure_code,
        unit_code,
        unit_hsa_id,
        unit_name,
        municipality_code,
        period_start,
        period_end,
        sex_group,
        value,
        n,
        value_status
    from latest
)

select *
from final
