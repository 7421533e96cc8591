-- about: Inpatient episodes, with the main diagnosis in capitals and without dots. Of rows with the same key, the one loaded last.
-- grain: episode_id
with
delivered as (
    select *
    from raw.inpatient
),

repeated as (
    select episode_id
    from delivered
    group by episode_id
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (episode_id)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (episode_id)
    qualify row_number() over (
        partition by episode_id
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
        episode_id,
        person_key,
        in_date,
        out_date,
        replace(upper(main_diagnosis), '.', '') as main_diagnosis,
        is_unplanned,
        kpp_sek
    from latest
)

select *
from final
