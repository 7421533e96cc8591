-- about: Dispensed drugs, with codes in capitals. Of rows with the same key, the one loaded last.
-- grain: person_key, dispensed_date, atc_code
with
delivered as (
    select *
    from raw.dispensing
),

repeated as (
    select person_key, dispensed_date, atc_code
    from delivered
    group by person_key, dispensed_date, atc_code
    having count(*) > 1
),

delivered_once as (
    select delivered.*
    from delivered
    anti join repeated using (person_key, dispensed_date, atc_code)
),

loaded_last as (
    select delivered.*
    from delivered
    semi join repeated using (person_key, dispensed_date, atc_code)
    qualify row_number() over (
        partition by person_key, dispensed_date, atc_code
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
        person_key,
        dispensed_date,
        upper(atc_code) as atc_code,
        prescribed_date,
        ddd,
        benefit_cost_sek,
        copay_sek
    from latest
)

select *
from final
