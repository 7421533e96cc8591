-- about: Care units, a row for each time something about them changed. Of rows with the same key, the one loaded last.
-- grain: unit_hsa_id, from_date
with
-- a code may name its vintage, as in 1280C1010_DeSO2025: what stands before is the code itself
delivered as (
    select
        * replace (
            if(
                contains(area_code, '_'),
                regexp_replace(area_code, '_(deso|regso)[0-9]{4}$', '', 'i'),
                area_code
            ) as area_code
        )
    from raw.unit
),

repeated as (
    select unit_hsa_id, from_date
    from delivered
    group by unit_hsa_id, from_date
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (unit_hsa_id, from_date)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (unit_hsa_id, from_date)
    qualify row_number() over (
        partition by unit_hsa_id, from_date
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
        unit_hsa_id,
        from_date,
        to_date,
        successor_unit_hsa_id,
        unit_name,
        unit_type,
        provider_type,
        corporate_group,
        financing_type,
        municipality_code,
        area_code,
        lat,
        lon,
        start_year,
        physician_fte,
        nurse_fte,
        psychosocial_fte,
        acg_mean,
        cni,
        reimbursement_sek,
        reimbursement_cni_sek
    from latest
)

select *
from final
