-- about: the groups of one indicator with its headline adjustment, as in mart.strata('VT01', dim := 'sex')
-- about_sv: grupperna för en indikator med dess egen justering, som i mart.strata('VT01')
-- grain: period_start, period_end, geography_code, dimension, level
-- of: stratified
-- takes: wanted, dim := null
select *
from mart.stratified_headline
where indicator_id = wanted and (dim is null or dimension = dim)
