insert into deployments (
    id, dataset_id, location_id, camera, "start", "end",
    source_id, camera_id, start_offset_seconds, end_offset_seconds, clock_problem, failures, extra
)
select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
    $7::text[], $8::text[], $9::integer[], $10::integer[], $11::text[], $12::text[], $13::text[]
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
where deployments.dataset_id is not distinct from excluded.dataset_id
