select
    l.id as id,
    l.name as name,
    l.latitude as latitude,
    l.longitude as longitude
from locations l
order by l.name, l.id
