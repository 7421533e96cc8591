-- about: Calls to units in each period: incoming, answered the same day, given up; by the unit and the area where it lies.
-- grain: period_code, unit_hsa_id
with
calls as (
    select *
    from staging.stg_delivered__telephony
),

periods as (
    select period_code, period_start, period_end
    from intermediate.int_period__counted
),

units as (
    select *
    from intermediate.int_unit__stratified
),

areas as (
    select *
    from intermediate.int_area__stratified
),

scope as (
    select *
    from intermediate.int_delivery__scope
),

by_unit as (
    select
        periods.period_code,
        calls.unit_hsa_id,
        sum(calls.calls_incoming)::bigint as calls_incoming,
        sum(calls.calls_answered_same_day)::bigint as calls_answered_same_day,
        sum(calls.calls_abandoned)::bigint as calls_abandoned
    from calls
    inner join periods
        on calls.call_month >= periods.period_start
        and calls.call_month < periods.period_end
    group by periods.period_code, calls.unit_hsa_id
),

final as (
    select
        by_unit.period_code,
        by_unit.unit_hsa_id,
        null::bigint as person_key,
        null::varchar as sex,
        null::varchar as age_band,
        null::varchar as education,
        null::varchar as income_quintile,
        null::varchar as economic_standard,
        null::varchar as employment,
        null::varchar as country_of_birth,
        null::varchar as disability_proxy,
        areas.* exclude (period_code, area_code, municipality_code, class_area_code),
        case when scope.has_provider_type then coalesce(units.provider_type, 'missing') end
            as provider_type,
        case when scope.has_financing_type then coalesce(units.financing_type, 'missing') end
            as financing_type,
        case when scope.has_listing then coalesce(units.unit_size, 'missing') end as unit_size,
        null::varchar as age_group,
        null::varchar as morbidity,
        by_unit.unit_hsa_id as cluster_key,
        units.municipality_code,
        units.class_area_code as area_code,
        by_unit.calls_incoming,
        by_unit.calls_answered_same_day,
        by_unit.calls_abandoned
    from by_unit
    cross join scope
    left join units using (period_code, unit_hsa_id)
    left join areas
        on by_unit.period_code = areas.period_code
        and units.area_code is not distinct from areas.area_code
)

select *
from final
