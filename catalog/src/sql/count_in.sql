-- At most so many rows of detections will be read; what is left out is counted with them, for that needs no row.
select count(*)
from {detections} d
join {images} i on i.id = d.image_id
where i."timestamp" >= $1
    and i."timestamp" < $2
