-- about: the declared contrasts of each indicator in its newest whole period, for the region
-- about_sv: varje indikators egna jämförelser i dess senaste hela period, för regionen
-- grain: indicator_id, dimension, focus_level, reference_level
-- of: gap
with gap as (
  select *
  from mart.gap
  where
    is_headline and is_declared_contrast and geography_level = 'region'
    and period_kind in ('rolling_12_months', 'year', 'whole_delivery')
),

newest as (
  select indicator_id, max(period_end) as period_end
  from gap
  group by indicator_id
),

latest as (
  select gap.*
  from gap
  inner join newest using (indicator_id, period_end)
)

select * from latest
