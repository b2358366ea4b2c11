select
    d.id as id,
    i.id as image_id,
    i."timestamp" as taken_at,
    i.location_id as place_id,
    d.classification as classification,
    d.corrected_classification as corrected_classification,
    d.deer_id as deer_id,
    d.count as count
from images i
join detections d on d.image_id = i.id
where i."timestamp" >= $1
    and i."timestamp" < $2
    and d.is_valid = 1
    and d.is_duplicate = 0
order by i."timestamp", d.id
