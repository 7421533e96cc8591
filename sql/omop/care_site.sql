-- about: Care sites of OMOP CDM as units, with the area they lie in.
-- grain: __row_number
with
sites as (
    select * from delivered
),

locations as (
    select location_id, min(location_source_value) as area_code
    from location
    group by location_id
),

placed as (
    select
        sites.*,
        locations.area_code,
        left(locations.area_code, 4) as municipality_code
    from sites
    left join locations using (location_id)
)

select *
from placed
