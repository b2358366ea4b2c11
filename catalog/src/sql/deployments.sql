select
    p.id as id,
    p.location_id as place_id,
    p.camera as camera,
    p."start" as start,
    p."end" as "end",
    p.failures as failures
from {deployments} p
where p."start" < $2
    and (p."end" is null or p."end" > $1)
    and p.clock_problem is null
order by p."start", {bytes p.id}
