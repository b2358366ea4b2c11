select
    p.id::text as id,
    p.location_id::text as place_id,
    p.camera as camera,
    p."start"::timestamptz as start,
    p."end"::timestamptz as "end"
from {deployments} p
where p."start" < $2
    and (p."end" is null or p."end" > $1)
    and p.clock_problem is null
order by p."start", p.id::text collate "C"
