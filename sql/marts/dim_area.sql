-- about: Areas with their shares, fifths under both border rules, class and type, by year and vintage.
-- grain: area_code, vintage, year
with
areas as (
    select *
    from intermediate.int_area__described
)

select *
from areas
