select
    l.id as id,
    coalesce(l.name, l.id) as name,
    l.latitude as latitude,
    l.longitude as longitude,
    l.coordinate_uncertainty as coordinate_uncertainty,
    l.timezone as timezone,
    l.zone_source as zone_source
from {places} l
order by {bytes coalesce(l.name, l.id)}, {bytes l.id}
