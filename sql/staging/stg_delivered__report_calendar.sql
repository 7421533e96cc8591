-- about: Reports that are due. Of rows with the same key, the one loaded last.
-- grain: report_id
with
delivered as (
    select *
    from raw.report_calendar
),

repeated as (
    select report_id
    from delivered
    group by report_id
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (report_id)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (report_id)
    qualify row_number() over (
        partition by report_id
        order by load_id desc, row_number desc
    ) = 1
),

latest as (
    select *
    from delivered_once
    union all by name
    select *
    from loaded_last
),

final as (
    select
        report_id,
        recipient,
        due_date,
        data_cutoff,
        report_type,
        delivered_date
    from latest
)

select *
from final
