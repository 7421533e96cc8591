-- about: What has been delivered at all: a measure or dimension without a delivery is NULL, not zero.
-- grain: one row
with
persons as (
    select
        bool_or(country_of_birth is not null or country_of_birth_11 is not null)
            as has_country_of_birth,
        bool_or(disability_proxy is not null) as has_disability_delivered,
        bool_or(economic_standard is not null) as has_economic_standard_of_person,
        bool_or(chronic_conditions is not null) as has_chronic_conditions,
        bool_or(needs_interpreter is not null) as has_needs_interpreter
    from staging.stg_delivered__person
),

socioeconomics as (
    select
        bool_or(education is not null or sun2020_level1 is not null) as has_education,
        bool_or(income_quintile is not null) as has_income_quintile,
        bool_or(economic_standard is not null or low_economic_standard is not null)
            as has_economic_standard_of_ses,
        bool_or(labour_status is not null) as has_employment,
        bool_or(sickness_compensation is not null or lss is not null) as has_disability_benefits
    from staging.stg_delivered__individual_ses
),

listings as (
    select
        count(*) > 0 as has_listing,
        bool_or(named_physician is not null) as has_named_physician_delivered
    from staging.stg_delivered__listing
),

units as (
    select
        bool_or(provider_type is not null) as has_provider_type,
        bool_or(financing_type is not null) as has_financing_type
    from staging.stg_delivered__unit
),

contacts as (
    select
        count(*) > 0 as has_contact,
        date_trunc('month', min(contact_date))::date as contacts_from
    from staging.stg_delivered__contact
),

diagnoses as (
    select
        count(*) > 0 as has_diagnosis,
        date_trunc('month', min(diagnosis_date))::date as diagnoses_from
    from staging.stg_delivered__diagnosis
),

procedures as (
    select count(*) > 0 as has_procedure
    from staging.stg_delivered__procedure
),

measurements as (
    select
        bool_or(measurement_type = 'hba1c') as has_hba1c,
        bool_or(measurement_type = 'systolic_bp') and bool_or(measurement_type = 'diastolic_bp')
            as has_blood_pressure,
        bool_or(measurement_type = 'smoking') as has_smoking
    from staging.stg_delivered__measurement
),

dispensings as (
    select
        count(*) > 0 as has_dispensing,
        bool_or(benefit_cost_sek is not null) as has_dispensing_cost
    from staging.stg_delivered__dispensing
),

vaccinations as (
    select count(*) > 0 as has_vaccination
    from staging.stg_delivered__vaccination
),

inpatients as (
    select
        count(*) > 0 as has_inpatient,
        bool_or(kpp_sek is not null) as has_inpatient_cost
    from staging.stg_delivered__inpatient
),

costs as (
    select count(*) > 0 as has_cost
    from staging.stg_delivered__cost
),

emergencies as (
    select count(*) > 0 as has_emergency_visit
    from staging.stg_delivered__emergency_visit
),

screenings as (
    select count(*) filter (where screening_type = 'cervical') > 0 as has_screening
    from staging.stg_delivered__screening
),

delivered as (
    select
        coalesce(has_country_of_birth, false) as has_country_of_birth,
        coalesce(has_disability_delivered, false) as has_disability_delivered,
        coalesce(has_disability_delivered, false) or coalesce(has_disability_benefits, false)
            as has_disability_proxy,
        coalesce(has_economic_standard_of_person, false) as has_economic_standard_of_person,
        coalesce(has_economic_standard_of_person, false)
            or coalesce(has_economic_standard_of_ses, false) as has_economic_standard,
        coalesce(has_chronic_conditions, false) as has_chronic_conditions,
        coalesce(has_chronic_conditions, false) or has_diagnosis as has_morbidity,
        coalesce(has_needs_interpreter, false) as has_needs_interpreter,
        coalesce(has_education, false) as has_education,
        coalesce(has_income_quintile, false) as has_income_quintile,
        coalesce(has_employment, false) as has_employment,
        has_listing,
        coalesce(has_named_physician_delivered, false) as has_named_physician_delivered,
        coalesce(has_provider_type, false) as has_provider_type,
        coalesce(has_financing_type, false) as has_financing_type,
        has_contact,
        contacts_from,
        has_diagnosis,
        diagnoses_from,
        has_procedure,
        coalesce(has_hba1c, false) as has_hba1c,
        coalesce(has_blood_pressure, false) as has_blood_pressure,
        coalesce(has_smoking, false) as has_smoking,
        has_dispensing,
        coalesce(has_dispensing_cost, false) as has_dispensing_cost,
        has_vaccination,
        has_inpatient,
        coalesce(has_inpatient_cost, false) as has_inpatient_cost,
        has_cost,
        has_emergency_visit,
        has_screening
    from persons
    cross join socioeconomics
    cross join listings
    cross join units
    cross join contacts
    cross join diagnoses
    cross join procedures
    cross join measurements
    cross join dispensings
    cross join vaccinations
    cross join inpatients
    cross join costs
    cross join emergencies
    cross join screenings
)

select *
from delivered
