select
    d.id as id,
    cast(i.id as text) as image_id,
    i."timestamp" as taken_at,
    i.location_id as place_id,
    d.classification as classification,
    d.corrected_classification as corrected_classification,
    d.classification_method as classification_method,
    d.is_reviewed as is_reviewed,
    d.reviewed_by as reviewed_by,
    d.confidence as confidence,
    d.bbox_x as bbox_x,
    d.bbox_y as bbox_y,
    d.bbox_width as bbox_width,
    d.bbox_height as bbox_height,
    {box_width} as box_width,
    {box_height} as box_height,
    d.deer_id as deer_id,
    coalesce(d.count, 1) as count,
    d.scientific_name as scientific_name
from {detections} d
join {images} i on i.id = d.image_id
