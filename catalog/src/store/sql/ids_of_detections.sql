select id
from detections
where dataset_id = $1
