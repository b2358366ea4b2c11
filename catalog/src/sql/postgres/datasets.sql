select
    coalesce(s.id, s.name)::text as id,
    s.name::text as name,
    s.source as source,
    coalesce(s.id_prefix, '') as id_prefix,
    s.profile as profile,
    s.species as species,
    s.metadata as metadata,
    s.notes as notes
from {dataset} s
where s.name is not null
order by s.name::text collate "C", coalesce(s.id, s.name)::text collate "C"
