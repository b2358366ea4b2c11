select name
from locations
where dataset_id is distinct from $1
