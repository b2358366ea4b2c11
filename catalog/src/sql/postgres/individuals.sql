select
    a.id::text as id,
    coalesce({a.name::text}, a.id::text) as name,
    {a.sex::text} as sex,
    {a.first_seen::timestamptz} as first_seen,
    {a.last_seen::timestamptz} as last_seen
from deer a
order by coalesce({a.name::text}, a.id::text) collate "C", a.id::text collate "C"
