-- about: The periods of a run, made from its variables, with the windows that look back from each.
-- grain: period_code
with
contacts as (
    select contact_date
    from staging.stg_delivered__contact
),

area_values as (
    select year
    from staging.stg_delivered__area_value
),

rolling as (
    select
        'rolling_12_months' as period_kind,
        (date_trunc('month', getvariable('as_of')) - to_years(years_back.step::integer))::date
            as period_end,
        (period_end - to_years(1))::date as period_start,
        strftime(period_end - to_days(1), 'r12-%Y-%m') as period_code
    from range(getvariable('period_count')) as years_back (step)
    where getvariable('period_kind') = 'rolling_12_months'
),

quarters as (
    select
        'quarter' as period_kind,
        (date_trunc('quarter', getvariable('as_of')) - to_months(3 * quarters_back.step::integer))
            ::date as period_end,
        (period_end - to_months(3))::date as period_start,
        'q-' || year(period_start) || '-' || quarter(period_start) as period_code
    from range(getvariable('period_quarters')) as quarters_back (step)
    where getvariable('period_kind') = 'rolling_12_months'
),

years as (
    select distinct
        'year' as period_kind,
        make_date(year + 1, 1, 1) as period_end,
        make_date(year, 1, 1) as period_start,
        'y-' || year as period_code
    from area_values
),

whole as (
    select
        'whole_delivery' as period_kind,
        (max(contact_date) + to_days(1))::date as period_end,
        min(contact_date) as period_start,
        'whole' as period_code
    from contacts
    where getvariable('period_kind') = 'whole_delivery'
    having count(*) > 0
),

every_period as (
    select *
    from rolling
    union all by name
    select *
    from quarters
    union all by name
    select *
    from years
    union all by name
    select *
    from whole
),

with_windows as (
    select
        period_code,
        period_kind,
        period_start,
        period_end,
        -- what is registered late has come in when a whole month has passed
        case
            when period_end + to_months(1) <= getvariable('as_of') then 'final'
            else 'preliminary'
        end as data_status,
        -- area values of a year make a period; persons are counted in it only if years are chosen
        period_kind <> 'year' or getvariable('period_kind') = 'year' as is_counted,
        year(period_start) - 1 as status_year,
        year(period_start - to_days(1)) as age_year,
        case period_kind
            when 'quarter' then 0.25
            when 'whole_delivery' then (period_end - period_start) / 365.25
            else 1.0
        end::decimal(9, 6) as period_years,
        least(period_start, period_end - to_months(12))::date as year_start,
        (period_end - to_months(15))::date as measured_start,
        (period_end - to_months(18))::date as contact_start,
        least(period_start, period_end - to_months(24))::date as procedure_start,
        (period_end - to_months(36))::date as need_start,
        (period_end - to_months(60))::date as risk_start
    from every_period
)

select *
from with_windows
