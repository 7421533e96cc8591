-- about: Observation periods of OMOP CDM as listings, at the person's care site where one is named.
-- grain: __row_number
with
periods as (
    select * from delivered
),

sites as (
    select care_site_id, min(care_site_source_value) as unit_hsa_id
    from care_site
    group by care_site_id
),

homes as (
    select person.person_id, min(sites.unit_hsa_id) as unit_hsa_id
    from person
    inner join sites using (care_site_id)
    group by person.person_id
),

listed as (
    select
        periods.*,
        homes.unit_hsa_id
    from periods
    left join homes using (person_id)
)

select *
from listed
