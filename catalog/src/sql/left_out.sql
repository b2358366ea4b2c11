-- By label: which labels are deer is decided in one place, and that is not here.
select
    d.is_valid is not distinct from false as is_rejected,
    d.is_duplicate is not distinct from true as is_duplicate,
    d.classification as classification,
    d.corrected_classification as corrected_classification,
    count(*) as rows
from {images} i
join {detections} d on d.image_id = i.id
where i."timestamp" >= $1
    and i."timestamp" < $2
    and d.repeats_id is null
group by 1, 2, 3, 4
