-- At most so many rows of detections will be read; what is left out is counted with them, for that needs no row.
select count(*)
from {detections} d
where true
