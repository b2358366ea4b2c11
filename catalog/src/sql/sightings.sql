-- With the rows that are left out, so that one reading tells both.
select
    d.id as id,
    {text i.id} as image_id,
    i."timestamp" as taken_at,
    i.location_id as place_id,
    d.classification as classification,
    d.corrected_classification as corrected_classification,
    d.classification_method as classification_method,
    d.classified_by as classified_by,
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
    d.scientific_name as scientific_name,
    d.burst_id as burst_id,
    d.observation_level as observation_level,
    d.starts_at as starts_at,
    d.ends_at as ends_at,
    case
        when d.is_valid is not distinct from false then 'rejected'
        when d.is_duplicate is not distinct from true then 'duplicate'
    end as left_out
from {detections} d
join {images} i on i.id = d.image_id
where i."timestamp" >= $1
    and i."timestamp" < $2
    and d.repeats_id is null
order by i."timestamp", {bytes i.id}, {bytes d.id}
