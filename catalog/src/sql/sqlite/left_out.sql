select
    count(*) filter (where d.is_valid = 0) as rejected,
    count(*) filter (where d.is_valid = 1 and d.is_duplicate = 1) as duplicates
from images i
join detections d on d.image_id = i.id
where i."timestamp" >= $1
    and i."timestamp" < $2
