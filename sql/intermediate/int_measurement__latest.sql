-- about: The latest HbA1c and blood pressure of each person in the 15 months before a period ends.
-- grain: period_code, person_key
with
measurements as (
    select person_key, measurement_date, measurement_type, measurement_value
    from staging.stg_delivered__measurement
    where person_key is not null
        and measurement_type in ('hba1c', 'systolic_bp', 'diastolic_bp')
),

periods as (
    select period_code, measured_start, period_end
    from intermediate.int_period__counted
),

-- the two halves of a blood pressure belong to one day
by_day as (
    select
        person_key,
        measurement_date,
        max(measurement_value) filter (where measurement_type = 'hba1c') as hba1c,
        max(measurement_value) filter (where measurement_type = 'systolic_bp') as systolic,
        max(measurement_value) filter (where measurement_type = 'diastolic_bp') as diastolic
    from measurements
    group by person_key, measurement_date
),

by_period as (
    select
        periods.period_code,
        by_day.person_key,
        count(by_day.hba1c) > 0 as hba1c_measured,
        arg_max(by_day.hba1c, by_day.measurement_date) > 70 as hba1c_above_70,
        arg_max(by_day.systolic < 140 and by_day.diastolic < 90, by_day.measurement_date)
            filter (where by_day.systolic is not null and by_day.diastolic is not null)
            as bp_below_140_90,
        arg_max(by_day.systolic <= 140 and by_day.diastolic <= 85, by_day.measurement_date)
            filter (where by_day.systolic is not null and by_day.diastolic is not null)
            as bp_at_most_140_85
    from by_day
    inner join periods
        on by_day.measurement_date >= periods.measured_start
        and by_day.measurement_date < periods.period_end
    group by periods.period_code, by_day.person_key
)

select *
from by_period
