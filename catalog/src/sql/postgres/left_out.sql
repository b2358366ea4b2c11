select
    count(*) filter (where {d.is_valid::boolean} is false) as rejected,
    count(*) filter (where {d.is_valid::boolean} is distinct from false and {d.is_duplicate::boolean}) as duplicates
from images i
join detections d on d.image_id = i.id
where i."timestamp" >= $1
    and i."timestamp" < $2
