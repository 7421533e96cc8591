-- about: Measurements of OMOP CDM that we count, in our units; the last of a day stands for the day.
-- grain: __row_number
with
measurements as (
    select * from delivered
),

known(measurement_concept_id, measurement_type) as (
    values
    ('3004410', 'hba1c'), ('3004249', 'systolic_bp'), ('3012888', 'diastolic_bp'),
    ('3038553', 'bmi')
),

-- HbA1c in per cent (NGSP) becomes mmol/mol (IFCC) by the master equation
told as (
    select
        measurements.*,
        known.measurement_type,
        case
            when known.measurement_type <> 'hba1c' then measurements.value_as_number
            when measurements.unit_source_value = 'mmol/mol' then measurements.value_as_number
            when measurements.unit_concept_id = '8554' or measurements.unit_source_value = '%'
                then round(
                    10.929 * (try_cast(measurements.value_as_number as decimal(9, 3)) - 2.15), 1
                )::varchar
        end as measurement_value
    from measurements
    left join known using (measurement_concept_id)
),

ranked as (
    select
        *,
        row_number() over (
            partition by person_id, measurement_date, measurement_type
            order by
                measurement_value is null,
                try_cast(measurement_id as bigint) desc, __row_number desc
        ) as nth
    from told
),

final as (
    select
        * exclude (nth),
        case
            when measurement_type is not null and measurement_value is not null and nth = 1
                then 'true'
        end as is_measurement,
        case
            when measurement_type is null then 'not_counted'
            when measurement_value is null then 'unit_or_value_unknown'
            when nth > 1 then 'another_of_the_day'
        end as aside
    from ranked
)

select *
from final
