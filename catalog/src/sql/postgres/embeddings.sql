-- Without a range: everything, also what has no time.
select
    d.id::text as id,
    i.id::text as image_id,
    i."timestamp"::timestamptz as taken_at,
    {i.location_id::text} as place_id,
    d.classification::text as classification,
    {d.corrected_classification::text} as corrected_classification,
    {d.bbox_x::double precision} as bbox_x,
    {d.bbox_y::double precision} as bbox_y,
    {d.bbox_width::double precision} as bbox_width,
    {d.bbox_height::double precision} as bbox_height,
    {d.burst_id::text} as burst_id,
    d.deer_id::text as deer_id,
    {d.true_deer_id::text} as true_deer_id,
    {d.embedding_version::text} as version,
    {d.feature_vector::vector} as vector
from detections d
join images i on i.id = d.image_id
where ($1::timestamptz is null or i."timestamp" >= $1)
    and ($2::timestamptz is null or i."timestamp" < $2)
    and {d.is_valid::boolean} is distinct from false
    and {d.is_duplicate::boolean} is distinct from true
order by i."timestamp" nulls last, i.id::text collate "C", d.id::text collate "C"
