-- By label: which labels are deer is decided in one place, and that is not here. But the names of the classes leave
-- nothing out for certain, and most rows have one of them: those need not be grouped.
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
    and not (
        d.is_valid is distinct from false
        and d.is_duplicate is distinct from true
        and d.corrected_classification is null
        and {text d.classification} in ('buck', 'doe', 'fawn', 'unknown')
    )
group by 1, 2, 3, 4
