-- about: What listed persons were expected to need and what they got in a period, beyond the oldest measures; NULL where not delivered, or not far enough back.
-- grain: period_code, person_key
with
listed as (
    select period_code, person_key, sex, age_group, morbidity, person_years
    from intermediate.int_person__listed
),

periods as (
    select period_code, period_start, year_start, contact_start
    from intermediate.int_period__counted
),

scope as (
    select *
    from intermediate.int_delivery__scope
),

contacts as (
    select period_code, person_key, has_contact_12_months
    from intermediate.int_contact__use
),

continuity as (
    select *
    from intermediate.int_contact__continuity
),

revisits as (
    select period_code, person_key, true as has_copd_revisit
    from intermediate.int_contact__copd_revisit
),

emergencies as (
    select *
    from intermediate.int_emergency__visits
),

drugs as (
    select *
    from intermediate.int_dispensing__drugs
),

drug_costs as (
    select *
    from intermediate.int_dispensing__cost
),

inpatients as (
    select *
    from intermediate.int_inpatient__copd
),

costs as (
    select *
    from intermediate.int_cost__primary_care
),

expected_costs as (
    select *
    from intermediate.int_cost__expected
),

expected_copd as (
    select *
    from intermediate.int_copd__expected
),

depressions as (
    select *
    from intermediate.int_diagnosis__new_depression
),

treatments as (
    select period_code, person_key, true as has_psychological_treatment
    from intermediate.int_procedure__psychological
),

stroke_risks as (
    select *
    from intermediate.int_diagnosis__stroke_risk
),

first_diagnoses as (
    select *
    from intermediate.int_diagnosis__first
),

habits as (
    select *
    from intermediate.int_measurement__habits
),

lifestyle as (
    select *
    from intermediate.int_procedure__lifestyle
),

screenings as (
    select *
    from intermediate.int_screening__cervical
),

register_answers as (
    select *
    from intermediate.int_register__smoking
),

pressures as (
    select period_code, person_key, bp_at_most_140_85
    from intermediate.int_measurement__latest
),

-- what is asked of a window is answered only where the rows delivered reach back to its beginning
reached as (
    select
        periods.period_code,
        scope.* exclude (has_listing),
        scope.contacts_from <= periods.year_start as reaches_year,
        scope.contacts_from <= periods.contact_start as reaches_18_months,
        scope.diagnoses_from <= periods.period_start - to_months(18) as reaches_onset,
        scope.diagnoses_from <= periods.period_start - to_months(24) as reaches_first
    from periods
    cross join scope
),

final as (
    select
        listed.period_code,
        listed.person_key,
        case when reaches_year then coalesce(contacts.has_contact_12_months, false) end
            as has_contact_12_months,
        case when has_emergency_visit then coalesce(emergencies.n_emergency_visits, 0) end
            as n_emergency_visits,
        case when reaches_18_months then continuity.continuity_index end as continuity_index,
        case
            when has_diagnosis and reaches_18_months
                then coalesce(revisits.has_copd_revisit, false)
        end as has_copd_revisit,
        case when has_dispensing then coalesce(drugs.n_drugs, 0) end as n_drugs,
        case when has_dispensing then coalesce(drugs.n_maintenance_drugs, 0) end
            as n_maintenance_drugs,
        case when has_dispensing then coalesce(drugs.has_statin, false) end as has_statin,
        case when has_dispensing then coalesce(drugs.has_anticoagulant, false) end
            as has_anticoagulant,
        case when has_dispensing_cost then coalesce(drug_costs.drug_cost_sek, 0) end
            ::decimal(18, 2) as drug_cost_sek,
        case when has_inpatient then coalesce(inpatients.n_copd_admissions, 0) end
            as n_copd_admissions,
        case
            when has_cost and has_inpatient_cost
                then coalesce(costs.primary_care_cost_sek, 0)
                + coalesce(inpatients.inpatient_cost_sek, 0)
        end::decimal(18, 2) as care_cost_sek,
        case
            when has_cost
                then expected_costs.expected_cost_per_year * listed.person_years::double
        end as expected_cost_sek,
        case when has_smoking then expected_copd.expected_copd end as expected_copd,
        stroke_risks.stroke_risk_points,
        case when reaches_onset then depressions.depression_date is not null end
            as has_new_depression,
        case
            when reaches_onset and has_procedure
                then coalesce(treatments.has_psychological_treatment, false)
        end as has_psychological_treatment,
        case
            when reaches_first then first_diagnoses.is_first_diagnosed_in_hospital is not null
        end as has_new_copd_or_diabetes,
        case when reaches_first then first_diagnoses.is_first_diagnosed_in_hospital end
            as is_first_diagnosed_in_hospital,
        habits.is_smoker,
        habits.has_unhealthy_habit,
        case when has_procedure then lifestyle.has_tobacco_measure is not null end
            as has_lifestyle_measure,
        case when has_procedure then coalesce(lifestyle.has_tobacco_measure, false) end
            as has_tobacco_measure,
        case when has_screening then screenings.is_sampled_cervical is not null end
            as is_invited_cervical,
        screenings.is_sampled_cervical,
        register_answers.is_register_smoker,
        register_answers.is_offered_smoking_support,
        case when has_blood_pressure then pressures.bp_at_most_140_85 is not null end
            as bp_measured,
        pressures.bp_at_most_140_85
    from listed
    inner join reached using (period_code)
    left join contacts using (period_code, person_key)
    left join continuity using (period_code, person_key)
    left join revisits using (period_code, person_key)
    left join emergencies using (period_code, person_key)
    left join drugs using (period_code, person_key)
    left join drug_costs using (period_code, person_key)
    left join inpatients using (period_code, person_key)
    left join costs using (period_code, person_key)
    left join expected_costs
        on listed.period_code = expected_costs.period_code
        and listed.sex = expected_costs.sex
        and listed.age_group = expected_costs.age_group
        and listed.morbidity is not distinct from expected_costs.morbidity
    left join expected_copd using (period_code, person_key)
    left join depressions using (period_code, person_key)
    left join treatments using (period_code, person_key)
    left join stroke_risks using (period_code, person_key)
    left join first_diagnoses using (period_code, person_key)
    left join habits using (period_code, person_key)
    left join lifestyle using (period_code, person_key)
    left join screenings using (period_code, person_key)
    left join register_answers using (period_code, person_key)
    left join pressures using (period_code, person_key)
)

select *
from final
