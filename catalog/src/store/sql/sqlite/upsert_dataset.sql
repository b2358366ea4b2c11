insert into dataset (
    id, name, source
)
values (
    $1, $2, $3
)
on conflict (id) do update set
    name = excluded.name,
    source = excluded.source
