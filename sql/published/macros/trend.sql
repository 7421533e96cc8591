-- about: the gaps of one indicator over time, as in mart.trend('VT01')
-- grain: period_start, period_end, geography_code, dimension
select * from mart.trend where indicator_id = wanted
