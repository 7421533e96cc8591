-- about: the gaps of one indicator, as in mart.gap('VT01')
-- grain: period_start, period_end, geography_code, dimension, focus_level, reference_level, adjustment
select * from mart.gap where indicator_id = wanted
