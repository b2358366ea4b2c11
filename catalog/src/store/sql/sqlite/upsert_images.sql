insert into images (
    id, dataset_id, location_id, deployment_id, path, "timestamp", width, height, media_type,
    capture_method,
    source_id, burst_id, file_public, utc_offset_seconds, sees_people, extra
)
values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
    $11, $12, $13, $14, $15, $16
)
on conflict (id) do update set
    dataset_id = excluded.dataset_id,
    location_id = excluded.location_id,
    deployment_id = excluded.deployment_id,
    path = excluded.path,
    "timestamp" = excluded."timestamp",
    width = excluded.width,
    height = excluded.height,
    media_type = excluded.media_type,
    capture_method = excluded.capture_method,
    source_id = excluded.source_id,
    burst_id = excluded.burst_id,
    file_public = excluded.file_public,
    utc_offset_seconds = excluded.utc_offset_seconds,
    sees_people = excluded.sees_people,
    extra = excluded.extra
where images.dataset_id is excluded.dataset_id
