-- about: each group's value with the indicator's headline adjustment, both sexes together
-- about_sv: varje grupps värde med indikatorns egen justering, båda könen tillsammans
-- grain: indicator_id, period_start, period_end, geography_code, dimension, level
-- of: stratified
select
  run_id, period_start, period_end, period_kind, indicator_id, indicator_name_sv, indicator_name_en,
  unit_of_measure, geography_level, geography_code, geography_name, dimension,
  dimension_label_sv, dimension_label_en,
  level, level_label_sv, level_label_en, level_order, ses_measurement_level, value_status,
  n_denominator, headline_adjustment,
  case headline_adjustment
    when 'standardised' then value_std
    when 'need_a' then value_need_a
    when 'need_b' then value_need_b
    when 'need_c' then value_need_c
    else value_crude
  end as value,
  case headline_adjustment
    when 'standardised' then value_std_lower
    when 'need_a' then value_need_a_lower
    when 'need_b' then value_need_b_lower
    when 'need_c' then value_need_c_lower
    else value_crude_lower
  end as value_lower,
  case headline_adjustment
    when 'standardised' then value_std_upper
    when 'need_a' then value_need_a_upper
    when 'need_b' then value_need_b_upper
    when 'need_c' then value_need_c_upper
    else value_crude_upper
  end as value_upper
from mart.stratified
where strat2_level = 'all'
