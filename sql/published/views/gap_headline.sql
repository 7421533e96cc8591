-- about: the declared contrasts of each indicator with its headline adjustment
-- about_sv: varje indikators egna jämförelser med dess egen justering
-- grain: indicator_id, period_start, period_end, geography_code, dimension, focus_level, reference_level
-- of: gap
select * from mart.gap where is_headline and is_declared_contrast
