select
    d.id::text as id,
    i.id::text as image_id,
    i."timestamp"::timestamptz as taken_at,
    {i.location_id::text} as place_id,
    d.classification::text as classification,
    {d.corrected_classification::text} as corrected_classification,
    {d.classification_method::text} as classification_method,
    {d.confidence::double precision} as confidence,
    {d.bbox_x::double precision} as bbox_x,
    {d.bbox_y::double precision} as bbox_y,
    {d.bbox_width::double precision} as bbox_width,
    {d.bbox_height::double precision} as bbox_height,
    d.deer_id::text as deer_id,
    coalesce({d.count::integer}, 1) as count,
    {d.scientific_name::text} as scientific_name
from detections d
join images i on i.id = d.image_id
