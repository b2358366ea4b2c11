-- Where photographs were taken.
select distinct i.location_id as place_id
from {images} i
where i."timestamp" >= $1
    and i."timestamp" < $2
    and i.location_id is not null
