select id
from detections
where dataset_id is distinct from $1
