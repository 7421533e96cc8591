-- about: Costs of visits in OMOP CDM that are in Swedish kronor, with the person and month of the visit.
-- grain: __row_number
with
costs as (
    select * from delivered
),

-- the vocabulary that is delivered beside says which concept is the krona
kronor as (
    select concept_id as currency_concept_id, true as is_sek
    from concept
    where vocabulary_id = 'Currency'
        and concept_code = 'SEK'
),

visits as (
    select
        visit_occurrence_id as cost_event_id,
        min(person_id) as person_id,
        min(visit_start_date) as visit_start_date
    from visit_occurrence
    group by visit_occurrence_id
),

placed as (
    select
        costs.*,
        visits.person_id,
        left(visits.visit_start_date, 7) || '-01' as cost_month,
        costs.cost_domain_id = 'Visit' as is_of_visit,
        coalesce(kronor.is_sek, false) as is_sek
    from costs
    left join visits using (cost_event_id)
    left join kronor using (currency_concept_id)
),

final as (
    select
        * exclude (is_of_visit, is_sek),
        case when is_of_visit and is_sek and person_id is not null then 'true' end as is_cost,
        case
            when not coalesce(is_of_visit, false) then 'not_of_a_visit'
            when not is_sek then 'not_in_sek'
            when person_id is null then 'visit_unknown'
        end as aside
    from placed
)

select *
from final
