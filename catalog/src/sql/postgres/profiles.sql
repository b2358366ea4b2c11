select
    a.id::text as id,
    coalesce(a.name, a.id::text) as name,
    a.sex as sex,
    a.founder_detection_id as founder_detection_id,
    a.embedding_version as version,
    a.feature_vector as vector
from {deer} a
order by a.id::text collate "C"
