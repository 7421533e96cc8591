-- about: the gap of one indicator over time, as in mart.trend('VT01', dim := 'income_quintile')
-- about_sv: skillnaden för en indikator över tid, som i mart.trend('VT01')
-- grain: period_start, period_end, geography_code, dimension
-- of: trend
-- takes: wanted, dim := null
select * from mart.trend where indicator_id = wanted and (dim is null or dimension = dim)
