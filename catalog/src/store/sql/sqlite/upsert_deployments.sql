insert into deployments (
    id, dataset_id, location_id, camera, "start", "end",
    source_id, camera_id, start_offset_seconds, end_offset_seconds, clock_problem, failures, extra
)
values (
    $1, $2, $3, $4, $5, $6,
    $7, $8, $9, $10, $11, $12, $13
)
on conflict (id) do update set
    dataset_id = excluded.dataset_id,
    location_id = excluded.location_id,
    camera = excluded.camera,
    "start" = excluded."start",
    "end" = excluded."end",
    source_id = excluded.source_id,
    camera_id = excluded.camera_id,
    start_offset_seconds = excluded.start_offset_seconds,
    end_offset_seconds = excluded.end_offset_seconds,
    clock_problem = excluded.clock_problem,
    failures = excluded.failures,
    extra = excluded.extra
where deployments.dataset_id is excluded.dataset_id
