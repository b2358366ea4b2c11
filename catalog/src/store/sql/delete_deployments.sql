delete from deployments
where id = $1
