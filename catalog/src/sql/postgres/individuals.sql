select
    a.id::text as id,
    coalesce(a.name, a.id::text) as name,
    a.sex as sex,
    a.species as species,
    a.status as status,
    a.best_photo_id as best_photo_id,
    a.first_seen::timestamptz as first_seen,
    a.last_seen::timestamptz as last_seen
from {deer} a
order by coalesce(a.name, a.id::text) collate "C", a.id::text collate "C"
