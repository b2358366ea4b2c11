-- Not while rows of another data set are there.
delete from locations
where id = $1
    and not exists (select 1 from deployments p where p.location_id = $1)
    and not exists (select 1 from images i where i.location_id = $1)
