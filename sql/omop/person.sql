-- about: Persons of OMOP CDM with the area they live in and the day they died.
-- grain: __row_number
with
persons as (
    select * from delivered
),

locations as (
    select location_id, min(location_source_value) as area_code
    from location
    group by location_id
),

deaths as (
    select person_id, min(death_date) as death_date
    from death
    group by person_id
),

observed as (
    select person_id, max(left(observation_period_end_date, 4)) as last_year
    from observation_period
    group by person_id
),

described as (
    select
        persons.*,
        deaths.death_date,
        locations.area_code,
        left(locations.area_code, 4) as municipality_code,
        coalesce(observed.last_year, (select max(last_year) from observed)) as year
    from persons
    left join locations using (location_id)
    left join deaths using (person_id)
    left join observed using (person_id)
)

select *
from described
