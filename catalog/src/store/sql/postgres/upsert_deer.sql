-- A vector made since stays.
insert into deer (
    id, dataset_id, name, sex, feature_vector, embedding_version, founder_detection_id, first_seen, last_seen,
    source_id
)
select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[],
    $8::timestamptz[], $9::timestamptz[],
    $10::text[]
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
where deer.dataset_id is not distinct from excluded.dataset_id
