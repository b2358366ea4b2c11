insert into images (
    id, dataset_id, location_id, deployment_id, path, "timestamp", width, height, media_type,
    capture_method,
    source_id, burst_id, file_public, utc_offset_seconds, sees_people, extra
)
select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::integer[],
    $8::integer[], $9::text[], $10::text[],
    $11::text[], $12::text[], $13::boolean[], $14::integer[], $15::boolean[], $16::text[]
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
where images.dataset_id is not distinct from excluded.dataset_id
