select
    l.id::text as id,
    coalesce({l.name::text}, l.id::text) as name,
    {l.latitude::double precision} as latitude,
    {l.longitude::double precision} as longitude,
    {l.coordinate_uncertainty::double precision} as coordinate_uncertainty,
    {l.timezone::text} as timezone
from locations l
order by coalesce({l.name::text}, l.id::text) collate "C", l.id::text collate "C"
