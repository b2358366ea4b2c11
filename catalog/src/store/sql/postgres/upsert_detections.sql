-- What people said since (correction, rejection, duplicate) and an embedding made since stay.
insert into detections (
    id, dataset_id, image_id, classification, corrected_classification, confidence, bbox_x, bbox_y,
    bbox_width, bbox_height, deer_id, count, is_valid, is_duplicate, burst_id, observation_level,
    scientific_name, sex, life_stage, behavior, classification_method, classified_by, true_deer_id,
    feature_vector, embedding_version, created_at,
    source_id, event_id, starts_at, ends_at, utc_offset_seconds, is_count_told, repeats_id, extra
)
select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::float8[],
    $9::float8[], $10::float8[], $11::text[], $12::integer[], $13::boolean[], $14::boolean[], $15::text[],
    $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[],
    $24::bytea[], $25::text[], $26::timestamptz[],
    $27::text[], $28::text[], $29::timestamptz[], $30::timestamptz[], $31::integer[],
    $32::boolean[], $33::text[], $34::text[]
)
on conflict (id) do update set
    dataset_id = excluded.dataset_id,
    image_id = excluded.image_id,
    classification = excluded.classification,
    confidence = excluded.confidence,
    bbox_x = excluded.bbox_x,
    bbox_y = excluded.bbox_y,
    bbox_width = excluded.bbox_width,
    bbox_height = excluded.bbox_height,
    deer_id = excluded.deer_id,
    count = excluded.count,
    burst_id = excluded.burst_id,
    observation_level = excluded.observation_level,
    scientific_name = excluded.scientific_name,
    sex = excluded.sex,
    life_stage = excluded.life_stage,
    behavior = excluded.behavior,
    classification_method = excluded.classification_method,
    classified_by = excluded.classified_by,
    true_deer_id = excluded.true_deer_id,
    feature_vector = coalesce(excluded.feature_vector, detections.feature_vector),
    embedding_version = coalesce(excluded.embedding_version, detections.embedding_version),
    created_at = excluded.created_at,
    source_id = excluded.source_id,
    event_id = excluded.event_id,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    utc_offset_seconds = excluded.utc_offset_seconds,
    is_count_told = excluded.is_count_told,
    repeats_id = excluded.repeats_id,
    extra = excluded.extra
where detections.dataset_id is not distinct from excluded.dataset_id
