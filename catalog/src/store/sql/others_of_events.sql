select distinct burst_id
from detections
where dataset_id is distinct from $1
    and burst_id is not null
