-- about: the groups of one indicator with all adjustments, as in mart.stratified('VT01')
-- about_sv: grupperna för en indikator med alla justeringar, som i mart.stratified('VT01')
-- grain: period_start, period_end, geography_code, dimension, level, strat2_dimension, strat2_level
-- of: stratified
-- takes: wanted, dim := null
select * from mart.stratified where indicator_id = wanted and (dim is null or dimension = dim)
