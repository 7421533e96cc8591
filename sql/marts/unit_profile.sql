-- about: Each unit in the newest long period: how many are listed, its third by size, and the class of the area it lies in.
-- grain: period_code, unit_hsa_id
with
periods as (
    select period_code
    from intermediate.int_period__newest
),

described as (
    select unit_hsa_id
    from staging.stg_delivered__unit
),

stratified as (
    select period_code, unit_hsa_id, unit_size, area_class
    from intermediate.int_unit__stratified
),

local_areas as (
    select period_code, unit_hsa_id, local_area_code
    from intermediate.int_unit__local_area
),

listed as (
    select
        period_code,
        unit_hsa_id,
        count(*) as n_listed,
        count(*) filter (where area_class = 'resource_weak') as n_listed_resource_weak,
        count(*) filter (where area_class <> 'missing') as n_listed_area_class_known
    from mart.fct_person
    where unit_hsa_id is not null
    group by period_code, unit_hsa_id
),

every as (
    select unit_hsa_id
    from described
    union
    select unit_hsa_id
    from listed
    semi join periods using (period_code)
),

final as (
    select
        periods.period_code,
        every.unit_hsa_id,
        coalesce(stratified.unit_size, 'missing') as unit_size,
        coalesce(stratified.area_class, 'missing') as area_class,
        local_areas.local_area_code,
        coalesce(listed.n_listed, 0) as n_listed,
        coalesce(listed.n_listed_resource_weak, 0) as n_listed_resource_weak,
        coalesce(listed.n_listed_area_class_known, 0) as n_listed_area_class_known
    from every
    cross join periods
    left join stratified using (period_code, unit_hsa_id)
    left join local_areas using (period_code, unit_hsa_id)
    left join listed using (period_code, unit_hsa_id)
)

select *
from final
