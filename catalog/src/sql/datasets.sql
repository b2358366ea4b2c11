select
    coalesce(s.id, s.name) as id,
    s.name as name,
    s.source as source,
    coalesce(s.id_prefix, '') as id_prefix,
    s.profile as profile,
    s.species as species,
    s.metadata as metadata,
    s.notes as notes
from {dataset} s
where s.name is not null
order by {bytes s.name}, {bytes coalesce(s.id, s.name)}
