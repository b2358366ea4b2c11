select
    a.id as id,
    coalesce(a.name, a.id) as name,
    a.sex as sex,
    a.founder_detection_id as founder_detection_id,
    a.embedding_version as version,
    a.feature_vector as vector
from {deer} a
order by {bytes a.id}
