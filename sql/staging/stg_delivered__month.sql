-- about: Rows by the month of their event in each delivery, also in one that is replaced by now, with the day of its extract.
-- grain: load_id, entity, event_month
with
deliveries as (
    select
        load_id,
        replaced_by,
        coalesce(extracted_at, delivered_as_of)::date as extracted_on
    from raw.delivery
    where verdict <> 'reject_file'
),

months as (
    select *
    from raw.delivery_month
    where event_month is not null
),

-- a month that a correction leaves out is told of too: there are no rows in it any more
left_out as (
    select distinct
        deliveries.replaced_by as load_id,
        months.entity,
        months.event_month,
        0::bigint as n_rows,
        '' as content_hash
    from months
    inner join deliveries using (load_id)
    where deliveries.replaced_by is not null
),

told as (
    select load_id, entity, event_month, n_rows, content_hash
    from months
    union all by name
    select left_out.*
    from left_out
    anti join months using (load_id, entity, event_month)
),

final as (
    select
        told.load_id,
        told.entity,
        told.event_month,
        told.n_rows,
        told.content_hash,
        deliveries.extracted_on
    from told
    inner join deliveries using (load_id)
)

select *
from final
