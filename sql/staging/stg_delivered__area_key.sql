-- about: Which RegSO and municipality each DeSO lies in, by vintage. Of rows with the same key, the one loaded last.
-- grain: vintage, deso_code
with
delivered as (
    select *
    from raw.area_key
),

repeated as (
    select vintage, deso_code
    from delivered
    group by vintage, deso_code
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (vintage, deso_code)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (vintage, deso_code)
    qualify row_number() over (
        partition by vintage, deso_code
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
        vintage,
        deso_code,
        regso_code,
        municipality_code
    from latest
)

select *
from final
