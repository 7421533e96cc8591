-- about: The assumed share with COPD by sex, age and smoking: our own, set to the level of Swedish population studies with spirometry; to be replaced by the region's own study.
-- grain: sex, age_from, is_smoker
with
-- the level: Backman H et al. (2020), doi:10.1186/s12931-020-01536-4: 7.0 per cent at 21-78 years, men 8.3 and
-- women 5.8, smoking the dominating risk; national guidelines: 7-10 per cent over 40 years
both_sexes (age_from, age_to, is_smoker, expected_share) as (
    values
        (40, 50, false, 0.020),
        (40, 50, true, 0.060),
        (50, 60, false, 0.040),
        (50, 60, true, 0.140),
        (60, 70, false, 0.070),
        (60, 70, true, 0.240),
        (70, 80, false, 0.110),
        (70, 80, true, 0.340),
        (80, 200, false, 0.130),
        (80, 200, true, 0.360)
),

by_sex (sex, factor) as (
    values ('female', 0.85), ('male', 1.15)
),

final as (
    select
        by_sex.sex,
        both_sexes.age_from::smallint as age_from,
        both_sexes.age_to::smallint as age_to,
        both_sexes.is_smoker,
        (both_sexes.expected_share * by_sex.factor)::decimal(9, 6) as expected_share
    from both_sexes
    cross join by_sex
)

select *
from final
