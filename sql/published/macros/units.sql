-- about: the units of one indicator with their funnel limits, without rank, as in mart.units('VT01')
-- about_sv: enheterna för en indikator med trattgränser, utan rangordning, som i mart.units('VT01')
-- grain: period_start, period_end, geography_code
-- of: unit_variation
-- takes: wanted
select * from mart.unit_variation where indicator_id = wanted
