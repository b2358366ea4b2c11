-- Without a range: everything, also what has no time.
select
    d.id as id,
    {text i.id} as image_id,
    i."timestamp" as taken_at,
    i.location_id as place_id,
    d.classification as classification,
    d.corrected_classification as corrected_classification,
    d.bbox_x as bbox_x,
    d.bbox_y as bbox_y,
    d.bbox_width as bbox_width,
    d.bbox_height as bbox_height,
    {box_width} as box_width,
    {box_height} as box_height,
    d.burst_id as burst_id,
    d.deer_id as deer_id,
    d.true_deer_id as true_deer_id,
    d.embedding_version as version,
    d.feature_vector as vector
from {detections} d
join {images} i on i.id = d.image_id
where ({instant $1} is null or i."timestamp" >= $1)
    and ({instant $2} is null or i."timestamp" < $2)
    and d.is_valid is distinct from false
    and d.is_duplicate is distinct from true
    and d.repeats_id is null
order by i."timestamp" nulls last, {bytes i.id}, {bytes d.id}
