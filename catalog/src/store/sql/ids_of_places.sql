select id
from locations
where dataset_id = $1
