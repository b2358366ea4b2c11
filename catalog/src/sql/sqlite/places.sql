select
    l.id as id,
    l.name as name,
    l.latitude as latitude,
    l.longitude as longitude,
    l.coordinate_uncertainty as coordinate_uncertainty,
    l.timezone as timezone
from locations l
order by l.name, l.id
