-- A vector made since stays.
insert into deer (
    id, dataset_id, name, sex, feature_vector, embedding_version, founder_detection_id, first_seen, last_seen,
    source_id
)
values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9,
    $10
)
on conflict (id) do update set
    dataset_id = excluded.dataset_id,
    name = excluded.name,
    sex = excluded.sex,
    feature_vector = coalesce(excluded.feature_vector, deer.feature_vector),
    embedding_version = coalesce(excluded.embedding_version, deer.embedding_version),
    founder_detection_id = excluded.founder_detection_id,
    first_seen = excluded.first_seen,
    last_seen = excluded.last_seen,
    source_id = excluded.source_id
where deer.dataset_id is excluded.dataset_id
