-- about: Which RegSO and municipality each DeSO lies in, by vintage. Of rows with the same key, the one loaded last.
-- grain: vintage, deso_code
with
-- a code may name its vintage, as in 1280C1010_DeSO2025: what stands before is the code itself
delivered as (
    select
        * replace (
            if(
                contains(deso_code, '_'),
                regexp_replace(deso_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                deso_code
            ) as deso_code,
            if(
                contains(regso_code, '_'),
                regexp_replace(regso_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                regso_code
            ) as regso_code
        )
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
