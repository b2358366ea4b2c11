insert into dataset (
    id, name, source
)
select * from unnest(
    $1::text[], $2::text[], $3::text[]
)
on conflict (id) do update set
    name = excluded.name,
    source = excluded.source
