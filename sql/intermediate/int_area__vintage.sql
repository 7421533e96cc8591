-- about: The vintages of the national area divisions and the years that each describes.
-- grain: vintage
with
final as (
    select *
    from (
        values
        ('deso', 'DESO_2018', 2010::smallint, 2024::smallint),
        ('deso', 'DESO_2025', 2024::smallint, 9999::smallint),
        ('regso', 'REGSO_2020', 2010::smallint, 2024::smallint),
        ('regso', 'REGSO_2025', 2024::smallint, 9999::smallint)
    ) as vintages (area_kind, vintage, valid_from_year, valid_to_year)
)

select *
from final
