select
    p.id as id,
    p.location_id as place_id,
    p.camera as camera,
    p."start" as start,
    p."end" as "end",
    p.failures as failures,
    p.dataset_id as dataset_id,
    p.source_id as source_id,
    p.camera_id as camera_id,
    p.start_offset_seconds as start_offset_seconds,
    p.end_offset_seconds as end_offset_seconds,
    p.clock_problem as clock_problem,
    p.extra as extra
from {deployments} p
where p."start" < $2
    and (p."end" is null or p."end" > $1)
order by p."start", {bytes p.id}
