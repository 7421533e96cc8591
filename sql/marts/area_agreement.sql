-- about: How far our class of areas (resource_weak) and the area types 1-2 of Statistics Sweden name the same areas.
-- grain: area_kind, vintage, year
with
classes as (
    select *
    from intermediate.int_area__classified
    where area_class in ('resource_weak', 'partly', 'other')
        and area_type in ('1', '2', '3', '4', '5')
),

counted as (
    select
        area_kind,
        vintage,
        year,
        count(*) as n_areas,
        count(*) filter (where area_class = 'resource_weak' and area_type in ('1', '2')) as n_both,
        count(*) filter (where area_class = 'resource_weak') as n_resource_weak,
        count(*) filter (where area_type in ('1', '2')) as n_area_type_1_2
    from classes
    group by area_kind, vintage, year
),

final as (
    select
        *,
        n_both / nullif(n_resource_weak + n_area_type_1_2 - n_both, 0) as agreement_jaccard,
        (n_areas + 2 * n_both - n_resource_weak - n_area_type_1_2) / n_areas as agreed,
        (
            n_resource_weak * n_area_type_1_2
            + (n_areas - n_resource_weak) * (n_areas - n_area_type_1_2)
        ) / (n_areas * n_areas) as agreed_by_chance,
        (agreed - agreed_by_chance) / nullif(1 - agreed_by_chance, 0) as agreement_kappa
    from counted
)

select * exclude (agreed, agreed_by_chance)
from final
