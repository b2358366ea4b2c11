insert into images (
    id, dataset_id, location_id, deployment_id, path, "timestamp", width, height, media_type,
    capture_method
)
select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::integer[],
    $8::integer[], $9::text[], $10::text[]
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
    capture_method = excluded.capture_method
