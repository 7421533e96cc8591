-- about: from the crude gap to what remains after need, as in mart.steps('VT01', dim := 'education')
-- about_sv: från ojusterad skillnad till vad som kvarstår efter behov, som i mart.steps('VT01')
-- grain: period_start, period_end, geography_code, dimension, focus_level, component
-- of: decomposition
-- takes: wanted, dim := null
select *
from mart.decomposition
where indicator_id = wanted and is_headline and (dim is null or dimension = dim)
order by period_end, geography_code, dimension, focus_level, component_order
