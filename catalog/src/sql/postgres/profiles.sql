select
    a.id::text as id,
    coalesce({a.name::text}, a.id::text) as name,
    {a.sex::text} as sex,
    {a.founder_detection_id::text} as founder_detection_id,
    {a.embedding_version::text} as version,
    {a.feature_vector::vector} as vector
from deer a
order by a.id::text collate "C"
