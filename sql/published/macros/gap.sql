-- about: the gaps of one indicator, as in mart.gap('VT01') or mart.gap('VT01', dim := 'education')
-- about_sv: skillnaderna för en indikator, som i mart.gap('VT01')
-- grain: period_start, period_end, geography_code, dimension, focus_level, reference_level, adjustment
-- of: gap
-- takes: wanted, dim := null
select * from mart.gap where indicator_id = wanted and (dim is null or dimension = dim)
