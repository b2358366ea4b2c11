select
    a.id as id,
    a.name as name,
    a.sex as sex,
    a.first_seen as first_seen,
    a.last_seen as last_seen
from deer a
order by a.name, a.id
