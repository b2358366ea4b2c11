insert into images (
    id, dataset_id, location_id, deployment_id, path, "timestamp", width, height, media_type,
    capture_method
)
values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
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
