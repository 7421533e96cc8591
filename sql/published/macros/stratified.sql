-- about: the groups of one indicator, as in mart.stratified('VT01')
-- grain: period_start, period_end, geography_code, dimension, level, strat2_dimension, strat2_level
select * from mart.stratified where indicator_id = wanted
