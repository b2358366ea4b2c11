select
    a.id as id,
    coalesce(a.name, a.id) as name,
    a.sex as sex,
    a.species as species,
    a.status as status,
    a.best_photo_id as best_photo_id,
    a.first_seen as first_seen,
    a.last_seen as last_seen
from {deer} a
order by {bytes coalesce(a.name, a.id)}, {bytes a.id}
