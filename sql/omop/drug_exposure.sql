-- about: Drugs of OMOP CDM as dispensings by ATC code, and influenza vaccines as vaccinations.
-- grain: __row_number
with
exposures as (
    select * from delivered
),

coded as (
    select
        *,
        upper(drug_source_value) as atc_code,
        coalesce(
            regexp_full_match(upper(drug_source_value), '[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}'), false
        ) as has_atc,
        coalesce(upper(drug_source_value) like 'J07BB%', false) as is_flu
    from exposures
),

ranked as (
    select
        *,
        row_number() over (
            partition by person_id, drug_exposure_start_date, atc_code
            order by try_cast(drug_exposure_id as bigint), __row_number
        ) as nth
    from coded
),

final as (
    select
        * exclude (nth, has_atc, is_flu),
        case when has_atc and nth = 1 and not is_flu then 'true' end as is_dispensing,
        case when is_flu and nth = 1 then 'true' end as is_vaccination,
        case
            when not has_atc and not is_flu then 'no_atc_code'
            when nth > 1 then 'repeated_on_the_day'
        end as aside
    from ranked
)

select *
from final
