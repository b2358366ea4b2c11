-- What people said since (correction, rejection, duplicate) and an embedding made since stay.
insert into detections (
    id, dataset_id, image_id, classification, corrected_classification, confidence, bbox_x, bbox_y,
    bbox_width, bbox_height, deer_id, count, is_valid, is_duplicate, burst_id, observation_level,
    scientific_name, sex, life_stage, behavior, classification_method, classified_by, true_deer_id,
    feature_vector, embedding_version, created_at,
    source_id, event_id, starts_at, ends_at, utc_offset_seconds, is_count_told, repeats_id, extra
)
values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26,
    $27, $28, $29, $30, $31, $32, $33, $34
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
where detections.dataset_id is excluded.dataset_id
