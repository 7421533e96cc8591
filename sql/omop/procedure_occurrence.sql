-- about: Procedures of OMOP CDM that carry a Swedish KVÅ code.
-- grain: __row_number
with
procedures as (
    select * from delivered
),

coded as (
    select
        *,
        upper(procedure_source_value) as kva_code,
        coalesce(
            visit_occurrence_id, 'procedure-' || procedure_occurrence_id
        ) as contact_id,
        regexp_full_match(upper(procedure_source_value), '[A-Z]{2}[0-9]{3}') as is_coded
    from procedures
),

ranked as (
    select
        *,
        row_number() over (
            partition by contact_id, kva_code
            order by try_cast(procedure_occurrence_id as bigint), __row_number
        ) as nth
    from coded
),

final as (
    select
        * exclude (nth, is_coded),
        case when is_coded and nth = 1 then 'true' end as is_procedure,
        case
            when not coalesce(is_coded, false) then 'no_kva_code'
            when nth > 1 then 'repeated_in_visit'
        end as aside
    from ranked
)

select *
from final
