insert into deployments (
    id, dataset_id, location_id, camera, "start", "end"
)
select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]
)
on conflict (id) do update set
    dataset_id = excluded.dataset_id,
    location_id = excluded.location_id,
    camera = excluded.camera,
    "start" = excluded."start",
    "end" = excluded."end"
