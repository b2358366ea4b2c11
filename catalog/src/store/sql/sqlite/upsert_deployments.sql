insert into deployments (
    id, dataset_id, location_id, camera, "start", "end"
)
values (
    $1, $2, $3, $4, $5, $6
)
on conflict (id) do update set
    dataset_id = excluded.dataset_id,
    location_id = excluded.location_id,
    camera = excluded.camera,
    "start" = excluded."start",
    "end" = excluded."end"
