-- about: Care contacts in each period with the person's groups at its start, the wait, and who is still waiting.
-- grain: period_code, contact_id
with
contacts as (
    select *
    from staging.stg_delivered__contact
),

periods as (
    select period_code, period_kind, period_start, period_end
    from intermediate.int_period__counted
),

persons as (
    select * exclude (period_start, period_end, period_years, age)
    from intermediate.int_person__by_period
),

areas as (
    select *
    from intermediate.int_area__stratified
),

units as (
    select *
    from intermediate.int_unit__valid
),

present_units as (
    select *
    from intermediate.int_unit__present
),

sizes as (
    select period_code, unit_hsa_id, unit_size
    from intermediate.int_unit__by_period
),

listings as (
    select *
    from intermediate.int_listing__valid
),

scope as (
    select *
    from intermediate.int_delivery__scope
),

-- a contact belongs to the period in which care was first sought; a whole delivery is framed by
-- the dates of its contacts, so there those dates decide; the same day decides listing and unit
dated as (
    select
        periods.period_code,
        coalesce(contacts.first_contact_date, contacts.contact_date) as counted_date,
        contacts.*
    from contacts
    inner join periods
        on periods.period_kind <> 'whole_delivery'
        and coalesce(contacts.first_contact_date, contacts.contact_date) >= periods.period_start
        and coalesce(contacts.first_contact_date, contacts.contact_date) < periods.period_end
    union all by name
    select
        periods.period_code,
        contacts.contact_date as counted_date,
        contacts.*
    from contacts
    inner join periods
        on periods.period_kind = 'whole_delivery'
        and contacts.contact_date >= periods.period_start
        and contacts.contact_date < periods.period_end
),

described as (
    select
        dated.*,
        persons.* exclude (period_code, person_key, area_code),
        persons.person_key is null as is_unlinked,
        coalesce(persons.area_code, dated.area_code) as resident_area_code,
        -- what is booked for a day to come has not happened
        case
            when dated.assessment_date <= getvariable('as_of')
                then (dated.assessment_date - dated.first_contact_date)::integer
        end as wait_days,
        -- a wait is followed to its end, or as far as the data reach
        case
            when dated.first_contact_date is null then null
            when dated.assessment_date <= getvariable('as_of') then 'assessed'
            when dated.cancelled
                and coalesce(dated.cancelled_date <= getvariable('as_of'), true) then 'gave_up'
            when persons.death_date <= getvariable('as_of') then 'died'
            else 'waiting'
        end as wait_status,
        (
            case wait_status
                when 'assessed' then dated.assessment_date
                when 'gave_up' then dated.cancelled_date
                when 'died' then persons.death_date
                else getvariable('as_of')
            end - dated.first_contact_date
        )::integer as waited_days,
        (
            least(getvariable('as_of'), coalesce(persons.death_date, getvariable('as_of')))
            - dated.first_contact_date
        )::integer as days_since_first_contact,
        not coalesce(dated.cancelled, false) as is_kept,
        coalesce(dated.missed, false) as is_missed
    from dated
    left join persons
        on dated.period_code = persons.period_code
        and dated.person_key = persons.person_key
),

final as (
    select
        described.period_code,
        described.contact_id,
        described.person_key,
        described.sex,
        described.age_band,
        case
            when is_unlinked and scope.has_education then 'missing'
            else described.education
        end as education,
        case
            when is_unlinked and scope.has_income_quintile then 'missing'
            else described.income_quintile
        end as income_quintile,
        case
            when is_unlinked and scope.has_economic_standard then 'missing'
            else described.economic_standard
        end as economic_standard,
        case
            when is_unlinked and scope.has_employment then 'missing'
            else described.employment
        end as employment,
        case
            when is_unlinked and scope.has_country_of_birth then 'missing'
            else described.country_of_birth
        end as country_of_birth,
        case
            when is_unlinked and scope.has_disability_proxy then 'missing'
            else described.disability_proxy
        end as disability_proxy,
        areas.* exclude (period_code, area_code, municipality_code, class_area_code),
        case when scope.has_provider_type then coalesce(units.provider_type, 'missing') end
            as provider_type,
        case when scope.has_financing_type then coalesce(units.financing_type, 'missing') end
            as financing_type,
        case when scope.has_listing then coalesce(sizes.unit_size, 'missing') end as unit_size,
        described.age_group,
        described.morbidity,
        coalesce(described.unit_hsa_id, described.resident_area_code, 'none') as cluster_key,
        coalesce(described.municipality_code, areas.municipality_code) as municipality_code,
        areas.class_area_code as area_code,
        described.unit_hsa_id,
        coalesce(present_units.present_unit_hsa_id, described.unit_hsa_id) as present_unit_hsa_id,
        listings.unit_hsa_id as listed_unit_hsa_id,
        described.counted_date,
        described.wait_days,
        described.wait_status,
        described.waited_days,
        coalesce(described.wait_status = 'waiting', false) as is_waiting,
        case
            when described.wait_days is not null then described.wait_days <= 3
            when described.days_since_first_contact > 3 then false
        end as is_assessed_within_3_days,
        case
            when described.is_kept
                and not described.is_missed
                and described.contact_date <= getvariable('as_of')
                then described.contact_date <= described.target_date
            when described.is_kept and described.target_date < getvariable('as_of') then false
        end as is_seen_by_target_date,
        described.visit_type,
        described.guarantee_covered,
        coalesce(described.patient_chosen_wait, false) as patient_chosen_wait,
        described.profession in (
            'physician', 'nurse', 'physiotherapist', 'occupational_therapist', 'psychologist',
            'counsellor'
        ) as licensed,
        described.profession,
        described.contact_form,
        described.missed,
        -- letters, calls and messages are not booked; without a form every contact is taken as a visit
        described.is_kept
            and coalesce(described.contact_form, 'visit')
            in ('visit', 'home_visit', 'remote_video') as is_booked,
        not described.is_kept as cancelled,
        described.interpreter,
        described.needs_interpreter
    from described
    cross join scope
    left join areas
        on described.period_code = areas.period_code
        and described.resident_area_code is not distinct from areas.area_code
    left join units
        on described.unit_hsa_id = units.unit_hsa_id
        and described.counted_date >= units.valid_from
        and described.counted_date < units.valid_to
    left join present_units
        on described.unit_hsa_id = present_units.unit_hsa_id
        and described.counted_date >= present_units.valid_from
        and described.counted_date < present_units.valid_to
    left join sizes
        on described.period_code = sizes.period_code
        and described.unit_hsa_id = sizes.unit_hsa_id
    left join listings
        on described.person_key = listings.person_key
        and described.counted_date >= listings.valid_from
        and described.counted_date < listings.valid_to
)

select *
from final
