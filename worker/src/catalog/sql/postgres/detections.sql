select
    d.id::text as id,
    i.id::text as image_id,
    i."timestamp"::timestamptz as taken_at,
    {i.location_id::text} as place_id,
    d.classification::text as classification,
    {d.corrected_classification::text} as corrected_classification,
    d.deer_id::text as deer_id,
    coalesce({d.count::integer}, 1) as count
from images i
join detections d on d.image_id = i.id
where i."timestamp" >= $1
    and i."timestamp" < $2
    and {d.is_valid::boolean} is distinct from false
    and {d.is_duplicate::boolean} is distinct from true
order by i."timestamp", d.id::text collate "C"
