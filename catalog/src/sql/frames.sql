select
    {text i.id} as image_id,
    i.path as path,
    i.filename as file_name,
    i.processing_status as processing_status,
    i."timestamp" as taken_at,
    i.location_id as place_id,
    i.burst_id as burst_id,
    i.source_id as source_id,
    {sees_people} as sees_people
from {images} i
where i."timestamp" >= $1
    and i."timestamp" < $2
order by i."timestamp", {bytes i.id}
