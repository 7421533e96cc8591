-- about: Listed persons in each period with groups, needs and what they got; the base of rates and of shares of persons.
-- grain: period_code, person_key
with
listed as (
    select *
    from intermediate.int_person__listed
),

measured as (
    select *
    from intermediate.int_person__measured
),

followed as (
    select *
    from intermediate.int_person__followed
),

periods as (
    select period_code, contact_start
    from intermediate.int_period__counted
),

areas as (
    select *
    from intermediate.int_area__stratified
),

units as (
    select *
    from intermediate.int_unit__by_period
),

present_units as (
    select *
    from intermediate.int_unit__present
),

scope as (
    select *
    from intermediate.int_delivery__scope
),

diagnosed as (
    select *
    from intermediate.int_diagnosis__chronic
),

contacts as (
    select *
    from intermediate.int_contact__use
),

dispensings as (
    select *
    from intermediate.int_dispensing__use
),

inpatients as (
    select *
    from intermediate.int_inpatient__use
),

costs as (
    select *
    from intermediate.int_cost__primary_care
),

measurements as (
    select *
    from intermediate.int_measurement__latest
),

spirometries as (
    select period_code, person_key, true as has_spirometry
    from intermediate.int_procedure__spirometry
),

vaccinations as (
    select period_code, person_key, true as is_vaccinated_influenza
    from intermediate.int_vaccination__influenza
),

final as (
    select
        listed.period_code,
        listed.person_key,
        listed.sex,
        listed.age_band,
        listed.education,
        listed.income_quintile,
        listed.economic_standard,
        listed.employment,
        listed.country_of_birth,
        listed.disability_proxy,
        areas.* exclude (period_code, area_code, municipality_code, class_area_code),
        case when scope.has_provider_type then coalesce(units.provider_type, 'missing') end
            as provider_type,
        case when scope.has_financing_type then coalesce(units.financing_type, 'missing') end
            as financing_type,
        coalesce(units.unit_size, 'missing') as unit_size,
        listed.age_group,
        listed.morbidity,
        coalesce(listed.unit_hsa_id, listed.area_code, 'none') as cluster_key,
        coalesce(listed.municipality_code, areas.municipality_code) as municipality_code,
        areas.class_area_code as area_code,
        listed.unit_hsa_id,
        coalesce(present_units.present_unit_hsa_id, listed.unit_hsa_id) as present_unit_hsa_id,
        listed.ses_year,
        listed.person_years,
        true as is_listed,
        listed.age,
        case when scope.has_named_physician_delivered then listed.named_physician end
            as has_named_physician,
        case
            when scope.has_diagnosis or scope.has_inpatient or scope.has_dispensing
                then coalesce(diagnosed.n_chronic_groups > 0, false)
                or coalesce(inpatients.has_inpatient_episode, false)
                or coalesce(dispensings.has_chronic_drug, false)
        end as has_need,
        -- only where the contacts delivered reach back as far as the question does
        case
            when scope.contacts_from <= periods.contact_start
                then not coalesce(contacts.has_contact_18_months, false)
        end as no_contact_18_months,
        case when scope.has_diagnosis then coalesce(diagnosed.has_copd, false) end as has_copd,
        case when scope.has_procedure then coalesce(spirometries.has_spirometry, false) end
            as has_spirometry,
        case when scope.has_diagnosis then coalesce(diagnosed.has_diabetes, false) end
            as has_diabetes,
        case when scope.has_hba1c then coalesce(measurements.hba1c_measured, false) end
            as hba1c_measured,
        measurements.hba1c_above_70,
        case when scope.has_diagnosis then coalesce(diagnosed.has_hypertension, false) end
            as has_hypertension,
        measurements.bp_below_140_90,
        case
            when scope.has_vaccination then coalesce(vaccinations.is_vaccinated_influenza, false)
        end as is_vaccinated_influenza,
        case when scope.has_contact then coalesce(contacts.n_contacts, 0) > 0 end as any_contact,
        case when scope.has_contact then coalesce(contacts.n_contacts, 0) end as n_contacts,
        case when scope.has_contact then coalesce(contacts.n_physician_visits, 0) end
            as n_physician_visits,
        case when scope.has_dispensing then coalesce(dispensings.n_antibiotic_dispensings, 0) end
            as n_antibiotic_dispensings,
        -- avoidable admissions are defined for adults
        case
            when scope.has_inpatient and listed.age < 18 then 0
            when scope.has_inpatient then coalesce(inpatients.n_avoidable_admissions, 0)
        end as n_avoidable_admissions,
        case
            when scope.has_inpatient_cost and listed.age < 18 then 0
            when scope.has_inpatient_cost
                then coalesce(inpatients.avoidable_admission_cost_sek, 0)
        end::decimal(18, 2) as avoidable_admission_cost_sek,
        case when scope.has_cost then coalesce(costs.primary_care_cost_sek, 0) end
            ::decimal(18, 2) as primary_care_cost_sek,
        measured.* exclude (period_code, person_key),
        followed.* exclude (period_code, person_key)
    from listed
    cross join scope
    inner join periods using (period_code)
    left join areas
        on listed.period_code = areas.period_code
        and listed.area_code is not distinct from areas.area_code
    left join units using (period_code, unit_hsa_id)
    left join present_units
        on listed.unit_hsa_id = present_units.unit_hsa_id
        and listed.period_start >= present_units.valid_from
        and listed.period_start < present_units.valid_to
    left join measured using (period_code, person_key)
    left join followed using (period_code, person_key)
    left join diagnosed using (period_code, person_key)
    left join contacts using (period_code, person_key)
    left join dispensings using (period_code, person_key)
    left join inpatients using (period_code, person_key)
    left join costs using (period_code, person_key)
    left join measurements using (period_code, person_key)
    left join spirometries using (period_code, person_key)
    left join vaccinations using (period_code, person_key)
)

select *
from final
