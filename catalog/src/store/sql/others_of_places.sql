select id
from locations
where dataset_id is distinct from $1
