select
    l.id::text as id,
    coalesce(l.name, l.id::text) as name,
    l.latitude as latitude,
    l.longitude as longitude,
    l.coordinate_uncertainty as coordinate_uncertainty,
    l.timezone as timezone
from {places} l
order by coalesce(l.name, l.id::text) collate "C", l.id::text collate "C"
